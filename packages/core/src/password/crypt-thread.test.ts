import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { type CryptJob, createCryptThread } from "./crypt-thread.ts";

/** A stand-in for the thread's file: `sleep`, `die` and `echo` come in the place of a password. */
const script = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ password }) => {
      if (password === "die") process.exit(1);
      if (password === "throw") throw new Error("fault");
      if (password === "sleep") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
      parentPort.postMessage(password === "yes");
    });
  `)}`,
);
const job = (password: string): CryptJob => ({ family: "bcrypt", stored: "", password });

test("jobs are answered in order, whatever their number", async () => {
  const thread = createCryptThread(script);
  const answers = await Promise.all(["yes", "no", "yes"].map((password) => thread.verify(job(password))));
  expect(answers).toEqual([true, false, true]);
});

test.each(["die", "throw"])(
  "a thread that ends by %s fails the job it had and starts again for the next",
  async (how) => {
    const thread = createCryptThread(script);
    const failed = expect(thread.verify(job(how))).rejects.toMatchObject({ code: "overloaded" });
    const next = thread.verify(job("yes"));
    await failed;
    expect(await next).toBe(true);
  },
);

test("a job that takes too long is given up, and the next gets a new thread", async () => {
  const thread = createCryptThread(script, 1500);
  const late = expect(thread.verify(job("sleep"))).rejects.toMatchObject({ code: "timeout" });
  const next = thread.verify(job("yes"));
  await late;
  expect(await next).toBe(true);
});

test("a missing file is a misconfiguration", async () => {
  const thread = createCryptThread(new URL("./no-such-file.js", import.meta.url));
  await expect(thread.verify(job("yes"))).rejects.toMatchObject({ code: "misconfigured" });
});

test("an idle thread does not keep the process alive, and one at work does", () => {
  const program = `
    const { cryptThread } = await import(${JSON.stringify(new URL("./crypt-thread.ts", import.meta.url).href)});
    const stored = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    console.log(await cryptThread.verify({ family: "bcrypt", stored, password: "U*U" }));
  `;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect([stdout.trim(), status]).toEqual(["true", 0]);
});
