import { type PrivateMachine, startPrivateMachine } from "../../../scripts/interop/private-machine.ts";

/** What the machine knows. Its file takes no spaces in a secret. */
export const machineSecret = "correct-horse-battery-staple";

/**
 * Starts a machine on which people log in by pam_radius.
 * @param services - the RADIUS port on loopback that each PAM service asks
 */
export function startPamRadius(
  folder: string,
  services: Readonly<Record<string, number>>,
): Promise<PrivateMachine> {
  const etc: Record<string, string> = {};
  for (const [service, port] of Object.entries(services)) {
    etc[`radius-${service}.conf`] = `127.0.0.1:${port} ${machineSecret} 1\n`;
    etc[`pam.d/${service}`] =
      `auth required pam_radius_auth.so conf=/etc/radius-${service}.conf retry=1\naccount required pam_permit.so\n`;
  }
  return startPrivateMachine({ folder, etc });
}
