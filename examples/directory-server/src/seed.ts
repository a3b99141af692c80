import { readFile } from "node:fs/promises";
import { checkDirectoryDocument, DirectoryError } from "@directorykit/core";

const demo = new URL("../seed/demo.json", import.meta.url);

/**
 * Reads and checks the seed document, before anything is opened or written.
 * @param path - of the operator's own document; `undefined` for the bundled demo
 * @throws DirectoryError `misconfigured` or `invalid-input` in one sentence that names the place
 */
export async function readSeed(path: string | undefined): Promise<unknown> {
  const shown = path ?? "the bundled demo";
  let text: string;
  try {
    text = await readFile(path ?? demo, "utf8");
  } catch (cause) {
    throw new DirectoryError("misconfigured", `the seed document ${shown} cannot be read`, { cause });
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new DirectoryError(
      "misconfigured",
      `the seed document ${shown} is not JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
  try {
    checkDirectoryDocument(document);
  } catch (cause) {
    throw new DirectoryError(
      "misconfigured",
      `the seed document ${shown} is wrong: ${(cause as Error).message}`,
      { cause },
    );
  }
  return document;
}
