import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";

/** Names what a run left out, at its end; with `CI=true` leaving out anything else than for a missing peer is a failure. */
export class LeftOutReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const leftOut = modules.flatMap((module) => [...skipped(module)]);
    if (leftOut.length === 0) return;
    console.log("\nLeft out of this run:");
    let unexplained = false;
    for (const one of leftOut) {
      const peers = one.meta().leftOutFor;
      unexplained ||= peers === undefined;
      console.log(
        `  ${one.module.relativeModuleId} > ${one.fullName}${peers === undefined ? "" : `: no ${peers.join(", no ")}`}`,
      );
    }
    console.log("scripts/install-peers.sh installs the programs on Debian and Ubuntu, as root.\n");
    if (unexplained && process.env["CI"] === "true") process.exitCode = 1;
  }
}

/** The outermost suites and tests that were skipped by what stands in the file, not by a filter of the caller. */
function* skipped(parent: TestModule | TestSuite): Generator<TestSuite | TestCase> {
  for (const child of parent.children) {
    if (child.options.mode === "skip" || child.options.mode === "todo") yield child;
    else if (child.type === "suite") yield* skipped(child);
  }
}
