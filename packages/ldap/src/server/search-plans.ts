import type { SearchShape } from "../codec/index.ts";
import type { PlannedSearch } from "../handlers/planned-search.ts";
import type { AnswerCache, AnswerTable } from "./answer-cache.ts";

/** Plans kept at most; a comparison with each comes before a request that none fits. */
const maxPlans = 32;

/** A search that is answered without decoding its request. */
export interface SearchPlan {
  /** What its requests look like. */
  readonly shape: SearchShape;
  /** What they mean. */
  readonly search: PlannedSearch;
  /** Answers that were given, by the value in the request. */
  readonly answers: AnswerTable;
}

/** The searches of one organization that come again and again, each time for somebody else. */
export class SearchPlans {
  readonly #answers: AnswerCache;
  readonly #plans: SearchPlan[] = [];

  constructor(answers: AnswerCache) {
    this.#answers = answers;
  }

  /**
   * The plan that fits a request. The value then lies where the plan's shape says.
   * @param sight - what its reader sees, by `sightOf`
   */
  find(bytes: Uint8Array, start: number, end: number, sight: string): SearchPlan | undefined {
    const plans = this.#plans;
    for (let i = 0; i < plans.length; i += 1) {
      const plan = plans[i] as SearchPlan;
      if (plan.search.sight !== sight || !plan.shape.matches(bytes, start, end)) continue;
      if (i > 0) {
        // Those that are asked most are looked at first.
        plans[i] = plans[i - 1] as SearchPlan;
        plans[i - 1] = plan;
      }
      return plan;
    }
    return undefined;
  }

  /** Keeps a plan; the one that was asked least goes. */
  add(shape: SearchShape, search: PlannedSearch): void {
    while (this.#plans.length >= maxPlans) {
      const last = this.#plans.pop();
      if (last !== undefined) this.#answers.dropTable(last.answers);
    }
    this.#plans.push({ shape, search, answers: this.#answers.table() });
  }

  /** Forgets all. */
  clear(): void {
    this.#plans.length = 0;
  }
}
