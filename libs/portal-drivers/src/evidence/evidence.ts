import type { StepTrace } from '../trace.ts';

/** What a page showed when an act ended, with every secret of the session masked. It may hold health data: whoever keeps it decides where. */
export interface Evidence {
  readonly act: StepTrace['act'];
  /** The step that was last; `null` where none was reached. */
  readonly step: string | null;
  /** How it ended: the outcome's kind, or how the step ended. */
  readonly ended: string;
  /** Address and title of the page. */
  readonly address: string;
  readonly title: string;
  /** The words of the page and its frames, at most 20,000 characters. */
  readonly text: string;
  /** Roles, names and values as a screen reader tells them, in the terms of a recipe's elements; `null` where it was withheld. */
  readonly outline: string | null;
  /** PNG of what was visible, with a box over every field, picture and text that holds a secret; `null` where it could not be taken or not be masked. */
  readonly screenshot: Uint8Array | null;
  /** Why there is no picture; `null` where there is one. */
  readonly noPicture: NoPicture | null;
}

/** `unwanted`: the policy asks for none. `closed_tree`: the page draws what no box can be put on. `gone`: the page was closed. `not_taken`: it hung, or the browser could not. */
export type NoPicture = 'unwanted' | 'closed_tree' | 'gone' | 'not_taken';

/** Whether and what evidence is kept. Without a policy none is even taken. */
export interface EvidencePolicy {
  /** `unclear`: acts that ended as unknown, unavailable or unfit. `ends`: every act. `steps`: also after every step. */
  readonly when: 'unclear' | 'ends' | 'steps';
  /** Default true. */
  readonly screenshots?: boolean;
  /** Is given the evidence. What it throws is told nobody: evidence must not change how an act ends. */
  readonly keep: (evidence: Evidence) => void | Promise<void>;
}
