import fc from "fast-check";
import { expect, test } from "vitest";
import { isDescendantKey } from "../codec/index.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Tree } from "../view/tree.ts";
import { ServedClaims, type TreeClaim } from "./tree-claims.ts";

const mayNest = new Set(["b", "c"]);
const views = Object.fromEntries(
  ["a", "b", "c"].map((organizationId) => [
    organizationId,
    { options: { directory: { organizationId } } } as unknown as DirectoryView,
  ]),
);
const claim = fc
  .record({
    view: fc.constantFrom(...Object.values(views)),
    suffixKey: fc
      .array(fc.constantFrom("dc=a", "ou=dc\\2c", "dc=aa"), { maxLength: 4 })
      .map((rdns) => rdns.join()),
  })
  .map(({ view, suffixKey }): TreeClaim => ({ view, tree: { suffixKey } as Tree, since: 0 }));

/** Whether two trees may not be served side by side, said of the two alone. */
function collide(one: TreeClaim, other: TreeClaim): boolean {
  const [key, otherKey] = [one.tree.suffixKey, other.tree.suffixKey];
  if (one.view === other.view) return false;
  const lower = isDescendantKey(key, otherKey) ? one : isDescendantKey(otherKey, key) ? other : undefined;
  return (
    key === otherKey || (lower !== undefined && !mayNest.has(lower.view.options.directory.organizationId))
  );
}

test("a claim is served unless it collides with one that is, and then for one of those", () => {
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 12 }), (claims) => {
      const places = new ServedClaims(mayNest);
      const served: TreeClaim[] = [];
      for (const one of claims) {
        const colliding = served.filter((other) => collide(one, other));
        const holder = places.add(one);
        if (holder === undefined) {
          expect(colliding).toEqual([]);
          served.push(one);
        } else expect(colliding).toContain(holder);
      }
    }),
    { numRuns: 2000 },
  );
});
