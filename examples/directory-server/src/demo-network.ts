import type { Directory, DirectoryDocument, ResourceEntry, ResourceSettings } from "@directorykit/core";

/** What `seed/demo.json` calls the network, and the clients that may ask for it. */
const networkName = "office";
const clientName = "this machine";

interface DemoClient {
  readonly name?: string;
  readonly secret?: string;
}

/**
 * Completes the bundled demo. It names the clients of its network but no secret of theirs: one that is in a repository
 * is none.
 */
export function withSharedSecret(document: DirectoryDocument, secret: string): DirectoryDocument {
  const resources = document.resources?.map((resource) =>
    resource.kind === "radius"
      ? { ...resource, clients: clientsOf(resource).map((client) => ({ ...client, secret })) }
      : resource,
  );
  return { ...document, ...(resources === undefined ? {} : { resources }) };
}

/** That secret as the directory knows it; `undefined` where the demo's network is not, or no more as it was. */
export async function sharedSecretOf(directory: Directory): Promise<string | undefined> {
  const network = await directory.resources.byName("radius", networkName);
  if (network === undefined) return undefined;
  return clientsOf(directory.resources.openSettings(network)).find(({ name }) => name === clientName)?.secret;
}

function clientsOf(settings: ResourceEntry | ResourceSettings): readonly DemoClient[] {
  return (settings["clients"] ?? []) as readonly DemoClient[];
}
