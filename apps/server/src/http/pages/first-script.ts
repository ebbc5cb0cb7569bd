import type { Role } from "@graft/api";

/** What a token can begin with; a test runs each as its role. */
export interface FirstScript {
  /** A sentence before it. */
  readonly about: string;
  /** Python, without anything to install; undefined for a role that is no program's. */
  readonly python?: string;
  /** For a shell. */
  readonly shell: string;
}

const python = (
  origin: string,
  hasCa: boolean,
  end: string,
): string => `import hashlib, json, os, sys, urllib.request
${hasCa ? `\nimport ssl\ntls = ssl.create_default_context(cafile="graft-ca.pem")\n` : ""}
def graft(method, path, body=None):
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request("${origin}/api/v1" + path, data, method=method)
    request.add_header("authorization", "Bearer " + os.environ["GRAFT_TOKEN"])
    request.add_header("content-type", "application/octet-stream" if body is data else "application/json")
    with urllib.request.urlopen(request${hasCa ? ", context=tls" : ""}) as answer:
        return json.load(answer)

${end}`;

const OWNS = `print("You are", graft("GET", "/system/me")["name"])
for dataset in graft("GET", "/datasets")["items"]:
    print("data set", dataset["name"])
for run in graft("GET", "/runs")["items"]:
    print("run", run["number"], run["state"])`;

const ADDS = `photo = open(sys.argv[1], "rb").read()
here = graft("GET", "/links/here")
upload = graft("POST", "/datasets/" + here["dataset"]["id"] + "/uploads", {"class": here["class"]["id"]})["id"]
named = {"path": os.path.basename(sys.argv[1]), "hash": hashlib.sha256(photo).hexdigest(), "bytes": len(photo)}
for missing in graft("POST", "/uploads/" + upload + "/files", {"files": [named]})["missing"]:
    graft("PUT", "/uploads/" + upload + "/blobs/" + missing, photo)
graft("POST", "/uploads/" + upload + "/finish")
print("sent to", here["class"]["name"])`;

const ASKS = `run = graft("GET", "/links/here")["runs"][0]["id"]
print(graft("POST", "/models/" + run + "/predict", open(sys.argv[1], "rb").read())["label"])`;

/**
 * @param origin "http://127.0.0.1:4700"
 * @param hasCa the certificate is in graft-ca.pem
 * @param role undefined: nobody has come in
 */
export function firstScript(origin: string, hasCa: boolean, role: Role | undefined): FirstScript {
  const curl = (path: string): string =>
    `export GRAFT_TOKEN=graft_…\ncurl${hasCa ? " --cacert graft-ca.pem" : ""} -H "authorization: Bearer $GRAFT_TOKEN" \\\n  ${origin}/api/v1${path}`;
  switch (role) {
    case "worker":
      return {
        about: "This token is for a computer that trains, not for a script. On that computer:",
        shell: `export GRAFT_TOKEN=graft_…\ngraft worker --server ${origin}${hasCa ? " --ca graft-ca.pem" : ""}`,
      };
    case "contributor":
      return {
        about: "It sends a picture: python3 first.py photo.jpg",
        ...{ python: python(origin, hasCa, ADDS), shell: curl("/links/here") },
      };
    case "predict":
      return {
        about: "It says what a picture shows: python3 first.py photo.jpg",
        ...{ python: python(origin, hasCa, ASKS), shell: curl("/links/here") },
      };
    default:
      return {
        about: "It lists your data sets and runs: python3 first.py",
        ...{ python: python(origin, hasCa, OWNS), shell: curl("/system/me") },
      };
  }
}
