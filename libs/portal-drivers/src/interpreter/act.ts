import type { Secret } from '@rcm/telemetry';
import type { Locator } from 'playwright';
import type { RequestGate } from '../network/request-gate.ts';
import type { Value } from '../recipe/value.ts';
import type { StepTrace } from '../trace.ts';
import type { ActTime } from './act-time.ts';
import type { Interruptions } from './interruptions.ts';
import type { OutcomeWatch, Worded } from './outcome-watch.ts';
import type { Tabs } from './tabs.ts';

/** What a value of a recipe stands for in this act. A `Secret` is only revealed into the field itself. */
export type Resolved = { readonly secret: Secret<string>; readonly sealing: boolean } | { readonly plain: string };

/** A field that a secret, or the user name, was typed into, and how many documents there had been before. */
export interface TypedField {
  readonly field: Locator;
  readonly documents: number;
  /** Not so of the user name. */
  readonly sealing: boolean;
  /** What it must still hold when it is sent; `null`: a page may write it otherwise. */
  readonly keeps: Secret<string> | null;
}

/** Everything the steps of one login, change or task share. */
export interface Act<W extends Worded> {
  readonly name: StepTrace['act'];
  readonly watch: Tabs;
  readonly interruptions: Interruptions;
  readonly requestGate: RequestGate;
  readonly time: ActTime;
  readonly outcomes: OutcomeWatch<W>;
  /** Milliseconds for a step that sets none. */
  readonly stepDeadlineMs: number;
  /** Absolute address of a recipe's path. */
  address(path: string): string;
  resolve(value: Value): Resolved;
  /** Must be called before a sealing secret is typed: from then on nothing that carries it leaves before the submit. */
  seal(secret: Secret<string>): void;
  readonly typedFields: TypedField[];
  /** Awaited right before the submit step; lets the request gate go, and marks what already holds. */
  beforeSubmit(): Promise<void>;
  /** Called after the submit step was done without an error. */
  submitted(): void;
  /** Called before a step does something to its element: what the page sends from then on is the recipe's wish. */
  begins(): void;
  /** Whether what is typed has been free to leave since a step before (`submit: from_here`). */
  isFree(): boolean;
  /** The one-time code. Fails with `login_mfa_required` where the login has no seed; `provesPassword`: the portal asks only after a correct password. */
  oneTimeCode(provesPassword: boolean): Promise<Secret<string>>;
  /** The field for the password takes so many characters at most. */
  room(most: number): void;
  /** The page tells when the password expires. */
  expiry(date: Date): void;
  onStep(trace: StepTrace): Promise<void>;
}
