import type { DirectoryView } from "../view/directory-view.ts";
import type { AnswerCache } from "./answer-cache.ts";

/** One organization as the server shows it. */
export interface Realm {
  readonly view: DirectoryView;
  readonly answers: AnswerCache;
}
