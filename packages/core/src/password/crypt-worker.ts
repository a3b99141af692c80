import { parentPort } from "node:worker_threads";
import bcrypt from "bcryptjs";
import type { CryptJob } from "./crypt-thread.ts";
import { verifyShaCrypt } from "./sha-crypt.ts";

// The entry of the thread that `crypt-thread.ts` starts. It does one job at a time and answers true or false; a job that
// throws ends the thread, which its owner notices.
parentPort?.on("message", ({ family, stored, password }: CryptJob) => {
  const matched =
    family === "bcrypt" ? bcrypt.compareSync(password, stored) : verifyShaCrypt(stored, password);
  parentPort?.postMessage(matched);
});
