/**
 * Leases the space, stores images [argv[4], argv[5]) of argv[3] floats each in the cache argv[2] and says "stored N" after each group of
 * ten; the parent may kill it at any moment.
 */
import { openFeatureStore } from "@graft/core/node";
import { keyOf, rowOf, spaceOf } from "./rows.ts";

const [, , folder = "", length, from, to] = process.argv;
const store = await openFeatureStore({ folder });
await store.lease(spaceOf(150));
for (let start = Number(from); start < Number(to); start += 10) {
  const group = Array.from({ length: Math.min(10, Number(to) - start) }, (_, i) => start + i);
  await Promise.all(
    group.map((image) => store.put(spaceOf(150), keyOf(image), rowOf(image, Number(length)))),
  );
  process.stdout.write(`stored ${start + group.length}\n`);
}
await store.close();
