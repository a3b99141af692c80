import { createSocket } from "node:dgram";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ServerFolder } from "./running-server.ts";

describe("a directory server that cannot start says so in one sentence, and changes nothing", () => {
  let folder: ServerFolder;
  beforeEach(async () => {
    folder = await ServerFolder.create();
  });
  afterEach(() => folder.remove());

  async function refuses(
    extra: Readonly<Record<string, string>>,
    sentence: RegExp,
    args: readonly string[] = [],
  ): Promise<void> {
    const before = await folder.content();
    const { code, stdout, stderr } = await folder.refuse(extra, args);
    expect(stderr.trim().split("\n")).toEqual([expect.stringMatching(sentence)]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(await folder.content()).toEqual(before);
  }

  const wrongSeeds: readonly (readonly [what: string, seed: string, sentence: RegExp])[] = [
    ["that is not JSON", "{", /is not JSON/],
    ["of another version", '{"version":2}', /wrong: version: must be 1/],
    [
      "with an unknown field",
      '{"version":1,"users":[{"username":"a","emial":"x"}]}',
      /wrong: users\[0\]\.emial: is not a known field/,
    ],
    [
      "with a bad address",
      '{"version":1,"users":[{"username":"a"},{"username":"b","email":"no"}]}',
      /users\[1\]\.email: is not an e-mail address/,
    ],
    [
      "with the same person twice",
      '{"version":1,"users":[{"username":"a"},{"username":"A"}]}',
      /users\[1\]\.username: is the same as in users\[0\]/,
    ],
    [
      "with a member nobody knows",
      '{"version":1,"groups":[{"name":"g","members":["ghost"]}]}',
      /groups\[0\]\.members\[0\]: is not a user/,
    ],
    [
      "with groups in a circle",
      '{"version":1,"groups":[{"name":"g","groups":["h"]},{"name":"h","groups":["g"]}]}',
      /closes a circle/,
    ],
    [
      "with a hash of an unknown kind",
      '{"version":1,"users":[{"username":"a","passwordHash":"$9$x"}]}',
      /users\[0\]\.passwordHash/,
    ],
    [
      "with root as a uid",
      '{"version":1,"users":[{"username":"a","posix":{"uid":0,"gid":0,"home":"/"}}]}',
      /users\[0\]\.posix\.uid: must be between 1/,
    ],
    [
      "with a RADIUS client that has no secret",
      '{"version":1,"resources":[{"kind":"radius","name":"office","clients":[{"cidr":"10.0.0.0/8"}]}]}',
      /wrong: resource office: clients\[0\]\.secret must be text/,
    ],
  ];
  it.each(wrongSeeds)("for a seed %s", async (_what, seed, sentence) => {
    const path = join(folder.path, "seed.json");
    await writeFile(path, seed);
    await refuses({ DIRECTORY_SEED: path }, sentence);
  });

  it("for a seed that is not there", () =>
    refuses({ DIRECTORY_SEED: join(folder.path, "none.json") }, /cannot be read/));

  it("for a port that is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    await refuses({ LDAP_PORT: String(port) }, new RegExp(`LDAP_PORT: port ${port} on 127.0.0.1 is in use`));
    await refuses({ HTTP_PORT: String(port) }, /HTTP_PORT: .* is in use/);
    await new Promise((resolve) => other.close(resolve));
  });

  it("for a UDP port that is taken", async () => {
    const other = createSocket("udp4");
    await new Promise<void>((resolve) => other.bind(0, "127.0.0.1", resolve));
    const { port } = other.address();
    const inUse = new RegExp(`RADIUS_ACCOUNTING_PORT: port ${port} on 127.0.0.1 is in use`);
    await refuses({ RADIUS_ACCOUNTING_PORT: String(port) }, inUse);
    other.close();
  });

  it("for one port that is to be two", () =>
    refuses(
      { RADIUS_PORT: "11899", RADIUS_ACCOUNTING_PORT: "11899" },
      /RADIUS_ACCOUNTING_PORT and RADIUS_PORT cannot both be 11899/,
    ));

  it("for settings that make no sense", async () => {
    await refuses({ LDAP_PORT: "eighty" }, /LDAP_PORT must be a port/);
    await refuses({ DIRECTORY_STORE: "oracle:x" }, /DIRECTORY_STORE must be/);
    await refuses({}, /Unknown option '--colour'/, ["--colour", "blue"]);
    await refuses({ HOST: "0.0.0.0" }, /published passwords/);
  });

  it("for a store whose keys are gone", async () => {
    await (await folder.start()).stop("SIGTERM");
    await rm(join(folder.path, "data", "directory.key"));
    await refuses({}, /its key .* is missing/);
  });

  it("for a store that a newer version has written", async () => {
    await (await folder.start()).stop("SIGTERM");
    const database = new DatabaseSync(folder.database);
    database.exec("PRAGMA user_version = 999");
    database.close();
    const before = await readFile(folder.database);
    await refuses({}, /newer version/);
    expect(await readFile(folder.database)).toEqual(before);
  });
});
