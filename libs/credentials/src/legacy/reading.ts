import type { Form } from './form.ts';
import type { Fields } from './json.ts';
import type { OneTimeCodes } from './otpauth.ts';
import type { Place } from './paths.ts';

export type Codes = Pick<OneTimeCodes, 'periodSeconds' | 'digits' | 'algorithm'>;

/** A legacy login in the words of a payload. */
export interface Login {
  readonly is: 'login';
  readonly payload: Fields;
  /** How it was written; `null`: as a payload is. */
  readonly form: Form | null;
  /** What was done to bring it into these words. */
  readonly shapes: readonly string[];
  /** What it says of its one-time codes beside the seed. */
  readonly codes: Codes | null;
  /** Where each of the payload's own fields stood. */
  readonly places: ReadonlyMap<string, Place>;
  /** What a person should look at, though nothing stands in the way. */
  readonly remarks: readonly Remark[];
}

export interface Remark {
  readonly place: Place;
  readonly says: string;
}

/** `empty`: there is nothing to move. `unusable`: a person has to look; `why` never holds a value. */
export type Reading = Login | { readonly is: 'empty' } | Unusable;

export type Unusable = { readonly is: 'unusable'; readonly place: Place; readonly why: string };

export const unusable = (place: Place, why: string): Unusable => ({ is: 'unusable', place, why });

export type ReadInner = (inner: unknown, step?: string | number) => Reading;

/** The form of a login, also where that is a payload's own. */
export const formOfLogin = ({ form, payload }: Login): Form => form ?? { object: Object.fromEntries(Object.keys(payload).map((field) => [field, { field }])) };
