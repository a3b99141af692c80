import { randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PrivateMachine, startPrivateMachine } from "../../../scripts/interop/private-machine.ts";
import { type RunningProgram, runToSuccess } from "../../../scripts/interop/run-program.ts";
import { type SupplicantLogin, supplicantNetwork } from "./eapol-test.ts";
import { secret } from "./office.ts";

/** Hardware address of the device that is plugged in. */
export const deviceAddress = "02:00:00:00:00:0a";
/** Port at which hostapd takes Disconnect-Requests. */
export const dynamicAuthorizationPort = 3799;

/** A switch with one port, on a machine that a cable leads to. */
export interface WiredSwitch extends AsyncDisposable {
  /** The address of this end of the cable, where the RADIUS server has to listen. */
  readonly serverAddress: string;
  /** The address from which the switch asks. */
  readonly address: string;
  /** Turns it on: hostapd, which lets nobody through whom the server does not let in. */
  turnOn(server: { readonly port: number; readonly accountingPort: number }): Promise<RunningProgram>;
  /** Plugs in a device: wpa_supplicant at the other end of the port. */
  plugIn(login: SupplicantLogin): Promise<RunningProgram>;
  /** Has the device do something, by `wpa_cli`: `logoff`, `reassociate`. */
  tellDevice(command: string): Promise<void>;
}

/** Where the device takes orders; the machine's own /run. */
const controlFolder = "/run/wpa_supplicant";

/** Cables there may be: each has four addresses of those that are set aside for measuring networks (RFC 2544 §C.2.2). */
const cables = 0x8000;

/** Lays the cables. Nothing of them is left once the switch is disposed of: they go with the namespace they lead to. */
export async function wireSwitch(ip: string): Promise<WiredSwitch> {
  // Another run may be at it at the same time.
  const number = 4 * randomInt(cables);
  const addressOf = (host: number): string =>
    `198.${18 + ((number + host) >> 16)}.${((number + host) >> 8) & 255}.${(number + host) & 255}`;
  const [serverAddress, address] = [addressOf(1), addressOf(2)];
  const folder = await mkdtemp(join(tmpdir(), "wired-port-"));
  let machine: PrivateMachine | undefined;
  const dispose = async (): Promise<void> => {
    await machine?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    machine = await startPrivateMachine({ folder, etc: {}, ownNetwork: true });
    await lay(ip, machine, { name: `dk${number}`, serverAddress, address });
  } catch (error) {
    await dispose();
    throw error;
  }
  const { run, start } = machine;
  return {
    serverAddress,
    address,
    turnOn: async (server) => {
      const file = join(folder, "hostapd.conf");
      await writeFile(file, switchConfiguration({ serverAddress, address, ...server }));
      const hostapd = start("hostapd", ["-dd", file]);
      await hostapd.printed(/AP-ENABLED/);
      return hostapd;
    },
    plugIn: async (login) => {
      const file = join(folder, "wpa_supplicant.conf");
      const network = supplicantNetwork(login, [
        ["key_mgmt", "IEEE8021X"],
        ["eapol_flags", "0"],
      ]);
      await writeFile(file, `ctrl_interface=${controlFolder}\nap_scan=0\n${network}`);
      return start("wpa_supplicant", ["-d", "-D", "wired", "-i", "device0", "-c", file]);
    },
    tellDevice: async (command) => {
      const { stdout } = await run("wpa_cli", ["-p", controlFolder, "-i", "device0", command]);
      if (stdout.trim() !== "OK") throw new Error(`the device does not ${command}: ${stdout}`);
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** One cable from here to the switch, and one from its port to the device. */
async function lay(
  ip: string,
  machine: PrivateMachine,
  { name, serverAddress, address }: { name: string; serverAddress: string; address: string },
): Promise<void> {
  const here = (line: string): Promise<string> => runToSuccess(ip, line.split(" "));
  const there = async (line: string): Promise<void> => {
    const { status, stderr } = await machine.run("ip", line.split(" "));
    if (status !== 0) throw new Error(`ip ${line}: ${stderr}`);
  };
  await here(`link add ${name} type veth peer name uplink netns ${machine.pid}`);
  await here(`address add ${serverAddress}/30 dev ${name}`);
  await here(`link set ${name} up`);
  await there("link set lo up");
  await there(`address add ${address}/30 dev uplink`);
  await there("link set uplink up");
  await there(`link add port1 type veth peer name device0 address ${deviceAddress}`);
  await there("link set port1 up");
  await there("link set device0 up");
}

/** What its maker would have us tell hostapd, and every check on Disconnect-Requests that it knows. */
function switchConfiguration(
  server: Pick<WiredSwitch, "serverAddress" | "address"> & { port: number; accountingPort: number },
): string {
  const lines = [
    "interface=port1",
    "driver=wired",
    "ieee8021x=1",
    "use_pae_group_addr=1",
    "logger_stdout=-1",
    "logger_stdout_level=0",
    "nas_identifier=switch-1",
    `own_ip_addr=${server.address}`,
    `auth_server_addr=${server.serverAddress}`,
    `auth_server_port=${server.port}`,
    `auth_server_shared_secret=${secret}`,
    `acct_server_addr=${server.serverAddress}`,
    `acct_server_port=${server.accountingPort}`,
    `acct_server_shared_secret=${secret}`,
    `radius_das_port=${dynamicAuthorizationPort}`,
    `radius_das_client=${server.serverAddress} ${secret}`,
    "radius_das_require_event_timestamp=1",
    "radius_das_require_message_authenticator=1",
  ];
  return `${lines.join("\n")}\n`;
}
