/** What was found of one thing that a recipe expects on a portal's pages. */
export interface PageFinding {
  readonly part: 'login' | 'session';
  /** The step, or the outcome, in the recipe's words. */
  readonly what: string;
  /**
   * `there`: as the recipe expects. `absent`: an optional step that is not needed now. `unseen`: not looked at, because only a
   * login gets there. `missing`: it should be there. `unexpected`: it is there and should not be.
   */
  readonly state: 'there' | 'absent' | 'unseen' | 'missing' | 'unexpected';
  /** Why, where it is not as expected or was not looked at. Holds no words of the page. */
  readonly detail: string | null;
}

/** What was to be seen of one part, as a PNG in which every field and everything that is drawn is covered. */
export interface PagePicture {
  readonly part: PageFinding['part'];
  readonly png: Uint8Array;
}
