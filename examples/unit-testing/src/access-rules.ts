import type { Directory, Group, Resource } from "@directorykit/core";

/** What the rules below are about, for whoever needs the records. */
export interface Company {
  readonly staff: Group;
  readonly engineering: Group;
  readonly onCall: Group;
  readonly contractors: Group;
  readonly wiki: Resource;
  readonly vpn: Resource;
  readonly production: Resource;
}

const officeNetworks = ["192.0.2.0/24", "2001:db8:42::/48"];

/**
 * Who may use what at this company. The host runs it once on an empty directory, and the tests run it on theirs: the
 * rules under test are the rules in production.
 */
export async function setUpAccess(directory: Directory): Promise<Company> {
  const { groups, resources, grants } = directory;
  const engineering = await groups.create({ name: "engineering" });
  const onCall = await groups.create({ name: "on-call" });
  const staff = await groups.create({ name: "staff", members: [engineering.id, onCall.id] });
  const contractors = await groups.create({
    name: "contractors",
    rule: { op: "equals", attribute: "employeeType", value: "contractor" },
  });
  const wiki = await resources.create({ kind: "saml", name: "wiki" });
  const vpn = await resources.create({ kind: "radius", name: "vpn" });
  const production = await resources.create({ kind: "system", name: "production" });

  // Everyone reads the wiki; contractors from the office alone.
  await grants.add({ group: staff, resource: wiki, attributes: { role: "editor" } });
  await grants.add({
    group: contractors,
    resource: wiki,
    attributes: { role: "reader" },
    conditions: { networks: officeNetworks },
  });
  // The VPN asks for a second factor, and engineers land in their own VLAN.
  await grants.add({ group: staff, resource: vpn, attributes: { vlan: 20 }, conditions: { mfa: true } });
  await grants.add({
    group: engineering,
    resource: vpn,
    attributes: { vlan: 30 },
    priority: 10,
    conditions: { mfa: true },
  });
  // Only who is on call gets onto production machines.
  await grants.add({
    group: onCall,
    resource: production,
    attributes: { sudo: true },
    conditions: { mfa: true },
  });
  return { staff, engineering, onCall, contractors, wiki, vpn, production };
}
