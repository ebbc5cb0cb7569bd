import type { Folder } from "@graft/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined): string | undefined =>
  content && new TextDecoder().decode(content);
const RULES = { force: true, known: ["a", "b", "c"], noun: "model" };

/**
 * What every `Folder` must do, whatever host it is of.
 * @param open an empty one, for each test.
 * @param options.appends it appends to files. @default true
 */
export function describeFolder(
  name: string,
  open: () => Folder | Promise<Folder>,
  { appends = true }: { readonly appends?: boolean } = {},
): void {
  describe(`a folder of ${name}`, () => {
    let folder: Folder;
    beforeEach(async () => {
      folder = await open();
    });
    afterEach(() => folder.clear());
    const names = async (of = folder): Promise<string[]> =>
      (await of.list()).map(({ name, kind }) => (kind === "folder" ? `${name}/` : name)).sort();

    it("has nothing before something is written", async () => {
      expect(await folder.list()).toEqual([]);
      expect(await folder.read("a")).toBeUndefined();
      expect(await folder.size("a")).toBeUndefined();
      expect(await folder.readRange("a/b", 0, 9)).toBeUndefined();
      await folder.remove("a");
      await folder.remove("a", { spare: "s" });
      expect(await folder.lockedBy("lock")).toBeUndefined();
    });

    it.each([{}, { spare: "spare.tmp" }])("replaces a file whole, %j", async (options) => {
      const piece = bytes("12");
      await folder.replace("x/a", [piece, bytes("345")], options);
      piece.fill(0);
      expect(text(await folder.read("x/a"))).toBe("12345");
      await folder.replace("x/a", [], options);
      expect(await folder.size("x/a")).toBe(0);
      expect(await names(folder.folder("x"))).toEqual(["a"]);
      expect(await names()).toEqual(["x/"]);
    });

    it("writes many pieces, small and large, in their order", async () => {
      const large = new Uint8Array(5 * 2 ** 20).map((_, at) => at % 251);
      const pieces = [...Array.from({ length: 3000 }, (_, at) => Uint8Array.of(at % 256)), large];
      const all = Buffer.concat([...pieces, ...pieces]);
      await folder.replace("a", [...pieces, new Uint8Array(), ...pieces]);
      expect(all.equals((await folder.read("a")) ?? new Uint8Array())).toBe(true);
    });

    it.each([{}, { spare: "spare.tmp" }])("keeps the old content when a piece fails, %j", async (options) => {
      await folder.replace("a", [bytes("old")], options);
      const failing = async function* () {
        yield bytes("new");
        throw new Error("no more");
      };
      await expect(folder.replace("a", failing(), options)).rejects.toThrow("no more");
      expect(text(await folder.read("a"))).toBe("old");
      expect(await names()).toEqual(["a"]);
    });

    it("writes over the room of a removed file that was longer", async () => {
      await folder.replace("a", [bytes("long content")]);
      await folder.remove("a", { spare: "spare.tmp" });
      expect(await folder.read("a")).toBeUndefined();
      await folder.replace("b", [bytes("short")], { spare: "spare.tmp" });
      expect(text(await folder.read("b"))).toBe("short");
      expect(await names()).toEqual(["b"]);
    });

    it("gives a buffer of its own, and ranges up to the end", async () => {
      await folder.replace("a", [bytes("0123456789")]);
      const whole = await folder.read("a");
      expect([whole?.byteOffset, whole?.buffer.byteLength]).toEqual([0, 10]);
      whole?.fill(0);
      expect(text(await folder.readRange("a", 0, 3))).toBe("012");
      expect(text(await folder.readRange("a", 8, 5))).toBe("89");
      expect(text(await folder.readRange("a", 20, 5))).toBe("");
      expect(await folder.size("a")).toBe(10);
    });

    if (appends) {
      it("appends, and changes nothing that was read before", async () => {
        await folder.append("y", bytes("1"));
        const before = await folder.read("y");
        for (let i = 0; i < 100; i++) await folder.append("y", bytes("23"));
        expect(before).toEqual(bytes("1"));
        expect(await folder.read("y")).toEqual(bytes(`1${"23".repeat(100)}`));
        expect(await folder.size("y")).toBe(201);
        await folder.replace("y", [bytes("4")]);
        await folder.append("y", bytes("5"));
        expect(await folder.read("y")).toEqual(bytes("45"));
      });

      it("appends", async () => {
        await folder.append("x/log", bytes("1"));
        await folder.append("x/log", bytes("23"));
        expect(text(await folder.read("x/log"))).toBe("123");
      });
    } else {
      it("does not append, and says so", async () => {
        await expect(folder.append("x/log", bytes("1"))).rejects.toMatchObject({ code: "unsupported" });
        expect(await names()).toEqual([]);
      });
    }

    it("makes a folder once", async () => {
      const made = await Promise.all([1, 2, 3].map(() => folder.create("runs/one")));
      expect(made.sort()).toEqual([false, false, true]);
      expect(await names(folder.folder("runs"))).toEqual(["one/"]);
    });

    it("removes files, and folders with all in them, nothing beside", async () => {
      for (const path of ["x/a", "x/y/b", "xy"]) await folder.replace(path, [bytes(path)]);
      await folder.folder("x").remove("a");
      expect(await names(folder.folder("x"))).toEqual(["y/"]);
      await folder.remove("x");
      expect(await names()).toEqual(["xy"]);
      await folder.clear();
      expect(await names()).toEqual([]);
    });

    it("replaces a folder whole or not at all", async () => {
      await folder.replaceFolder("m", RULES, async (empty) => {
        await empty.replace("a", [bytes("1")]);
        await empty.replace("b", [bytes("2")]);
      });
      const failing = folder.replaceFolder("m", RULES, async (empty) => {
        await empty.replace("c", [bytes("3")]);
        throw new Error("no more");
      });
      await expect(failing).rejects.toThrow("no more");
      expect(await names(folder.folder("m"))).toEqual(["a", "b"]);
      await folder.replaceFolder("m", RULES, (empty) => empty.replace("c", [bytes("3")]));
      expect(await names(folder.folder("m"))).toEqual(["c"]);
      expect(await names()).toEqual(["m/"]);
    });

    it("does not replace a folder that holds other files, nor one without force", async () => {
      await folder.replace("m/a", [bytes("1")]);
      const replace = (rules: Partial<typeof RULES>): Promise<string> =>
        folder.replaceFolder("m", { ...RULES, ...rules }, async () => undefined);
      await expect(replace({ force: false })).rejects.toThrow("There is already a model there.");
      await expect(replace({ known: ["b"] })).rejects.toMatchObject({ code: "conflict" });
      expect(await names(folder.folder("m"))).toEqual(["a"]);
      await folder.replace("f", [bytes("mine")]);
      await expect(folder.replaceFolder("f", RULES, async () => undefined)).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining("There is a file where the folder should go."),
      });
      expect(text(await folder.read("f"))).toBe("mine");
    });

    it("gives a folder to fill that is like any other, and says where it went", async () => {
      const failing = function* () {
        yield bytes("half");
        throw new Error("no more");
      };
      const placed = await folder.replaceFolder("m", RULES, async (empty) => {
        await empty.replace("a", [bytes("first")]);
        await empty.replace("a", [bytes("sec"), bytes("ond")]);
        await empty.replace("x/y", [bytes("deep")]);
        await expect(empty.replace("b", failing())).rejects.toThrow("no more");
        await expect(empty.replace("a", failing())).rejects.toThrow("no more");
        expect(await names(empty)).toEqual(["a", "x/"]);
      });
      expect(placed).toBe(folder.nameOf("m"));
      expect(text(await folder.read("m/a"))).toBe("second");
      expect(text(await folder.read("m/x/y"))).toBe("deep");
      expect(await names()).toEqual(["m/"]);
    });

    const FILE = { force: false, noun: "export" };

    it("places a file that was looked at before it has its name", async () => {
      const placed = await folder.replaceFile("x/a", FILE, [bytes("12"), bytes("345")], async (written) => {
        expect(text(written)).toBe("12345");
        expect([written.byteOffset, written.buffer.byteLength]).toEqual([0, 5]);
        written.fill(0);
        expect(await folder.read("x/a")).toBeUndefined();
      });
      expect(placed).toBe(folder.nameOf("x/a"));
      expect(text(await folder.read("x/a"))).toBe("12345");
      await folder.replaceFile("x/a", { ...FILE, force: true }, [bytes("6")], async () => {
        expect(text(await folder.read("x/a"))).toBe("12345");
      });
      expect(text(await folder.read("x/a"))).toBe("6");
      await folder.replaceFile("b", FILE, []);
      expect(await folder.size("b")).toBe(0);
      expect(await names(folder.folder("x"))).toEqual(["a"]);
      expect(await names()).toEqual(["b", "x/"]);
    });

    it.each([
      ["a piece", "no more"],
      ["the look at it", "not what it was"],
    ])("places no file when %s fails, and keeps the old one", async (_, message) => {
      const pieces = function* () {
        yield bytes("new");
        if (message === "no more") throw new Error(message);
      };
      const place = (force: boolean): Promise<string> =>
        folder.replaceFile("a", { ...FILE, force }, pieces(), () => Promise.reject(new Error(message)));
      await expect(place(false)).rejects.toThrow(message);
      expect(await names()).toEqual([]);
      await folder.replace("a", [bytes("old")]);
      await expect(place(true)).rejects.toThrow(message);
      expect(text(await folder.read("a"))).toBe("old");
      expect(await names()).toEqual(["a"]);
    });

    it("places no file over another one without force, nor over a folder, and asks for nothing then", async () => {
      await folder.replace("a", [bytes("old")]);
      await folder.create("d");
      const never = function* (): Iterable<Uint8Array> {
        yield expect.unreachable("the place is taken");
      };
      const file = { code: "conflict", message: expect.stringContaining("There is already a file there.") };
      await expect(folder.replaceFile("a", FILE, never())).rejects.toMatchObject(file);
      await expect(folder.replaceFile("d", { ...FILE, force: true }, never())).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining("There is a folder where the export should go."),
      });
      const late = folder.replaceFile("b", FILE, [bytes("late")], () =>
        folder.replace("b", [bytes("first")]),
      );
      await expect(late).rejects.toMatchObject(file);
      expect(text(await folder.read("b"))).toBe("first");
      expect(await names()).toEqual(["a", "b", "d/"]);
    });

    it("has one holder of a lock at a time", async () => {
      await folder.create("run");
      const first = await folder.lock("run/lock");
      if (!("release" in first)) throw new Error("not locked");
      expect(await folder.lock("run/lock")).toMatchObject({ holder: expect.any(String) });
      expect(await folder.folder("run").lockedBy("lock")).toMatchObject({ holder: expect.any(String) });
      await first.release();
      expect(await folder.lockedBy("run/lock")).toBeUndefined();
      const second = await folder.lock("run/lock");
      await first.release();
      expect(await folder.lockedBy("run/lock")).toBeDefined();
      if ("release" in second) await second.release();
    });

    it.each(["", ".", "..", "a/../b", "/a", "a/", "a//b", "a\\b", "C:/a", "a\0"])(
      "refuses %j",
      async (path) => {
        const refused = { code: "bad-input", message: expect.stringContaining("not a path inside a folder") };
        const calls: readonly (() => Promise<unknown>)[] = [
          () => folder.read(path),
          () => folder.replace(path, []),
          () => folder.append(path, bytes("1")),
          () => folder.remove(path),
          () => folder.create(path),
          () => folder.lock(path),
          () => folder.replaceFolder(path, RULES, async () => undefined),
          () => folder.replaceFile(path, FILE, []),
        ];
        for (const call of calls) await expect(call()).rejects.toMatchObject(refused);
        expect(() => folder.folder(path)).toThrow("not a path inside a folder");
      },
    );
  });
}
