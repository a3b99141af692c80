import { memoryStore, type Store } from "@directorykit/core";
import { expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { ldapTestClient } from "../testing.ts";
import { emptyDirectory, office, password, userDn } from "./office.fixture.ts";

/** A store whose feed can be made to start later than it does. */
function forgetfulStore(): { readonly store: Store; forgetAll(): void } {
  const inner = memoryStore();
  let forgets = false;
  const store: Store = {
    ...inner,
    reader: (organization) => {
      const reader = inner.reader(organization);
      return {
        ...reader,
        changes: async (...given) => {
          const page = await reader.changes(...given);
          return forgets ? { ...page, changes: [], oldest: page.revision + 1 } : page;
        },
      };
    },
  };
  return {
    store,
    forgetAll: () => {
      forgets = true;
    },
  };
}

test("everyone has to bind anew when the store no longer keeps changes this node has not seen", async () => {
  const { store, forgetAll } = forgetfulStore();
  await using place = await office({}, { store, pollMs: 5 });
  const client = ldapTestClient(place.server);
  await client.bind(userDn("ada"), password);
  const elsewhere = await emptyDirectory({ store, pollMs: 0 });
  forgetAll();
  await elsewhere.credentials.setPassword(place.user.ada.id, "another engine altogether");
  expect(await client.closed).toMatchObject({ resultCode: LdapResultCode.strongerAuthRequired });
});
