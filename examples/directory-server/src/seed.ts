import { readFile } from "node:fs/promises";
import {
  checkDirectoryDocument,
  type DirectoryDocument,
  DirectoryError,
  type ResourceSettings,
} from "@directorykit/core";
import { checkNetworkSettings } from "@directorykit/radius";

const demo = new URL("../seed/demo.json", import.meta.url);

/**
 * Reads and checks the seed document, before anything is opened or written.
 * @param path - of the operator's own document; `undefined` for the bundled demo
 * @throws DirectoryError `misconfigured` or `invalid-input` in one sentence that names the place
 */
export async function readSeed(path: string | undefined): Promise<DirectoryDocument> {
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
    // The demo's networks get their secret only when they are needed.
    if (path !== undefined) checkNetworks(document);
  } catch (cause) {
    throw new DirectoryError(
      "misconfigured",
      `the seed document ${shown} is wrong: ${(cause as Error).message}`,
      { cause },
    );
  }
  return document;
}

function checkNetworks({ resources = [] }: DirectoryDocument): void {
  for (const { kind, name, description: _, ...settings } of resources)
    if (kind === "radius") checkNetworkSettings(name, settings as ResourceSettings);
}
