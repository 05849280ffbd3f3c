/** What one step of a recipe came to. Holds names from the recipe and times, never a value or words of the page. */
export interface StepTrace {
  readonly act: 'login' | 'change' | 'logout' | 'check' | `task ${string}`;
  /** The step's name in the recipe, or its kind and element. */
  readonly step: string;
  readonly ms: number;
  /** `ended`: an outcome showed while the step waited. `skipped`: an optional step that was not needed. */
  readonly outcome: 'done' | 'skipped' | 'ended' | 'failed';
}

/**
 * A request that a page tried to send to an origin its portal type does not declare, to a declared host that lies elsewhere, or with what was typed before the step that sends. It was
 * not sent.
 */
export interface BlockedRequest {
  readonly origin: string;
  readonly kind: string;
  /** Of a declared host: why it was stopped, and what would allow it. */
  readonly reason?: string;
}
