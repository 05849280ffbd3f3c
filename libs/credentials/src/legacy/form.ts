import { parseJsonExactly } from '../exact-json.ts';
import { z } from 'zod';
import { canonicalText, type Fields, isFields, isNumber, numberOf } from './json.ts';

/**
 * How a legacy login was written, with holes where the payload's fields stood. It lies in the secret itself (`legacy_form`), so that the row can
 * be proved by it and a rollback writes what the old readers know, whatever table of names a later run has.
 */
export type Form =
  | { readonly field: string; readonly number?: true; readonly before?: string; readonly after?: string }
  | { readonly json: Form }
  | { readonly object: Readonly<Record<string, Form>> }
  | { readonly list: readonly Form[] }
  | { readonly is: unknown };

const formSchema: z.ZodType<Form> = z.lazy(() =>
  z.union([
    z.strictObject({ field: z.string(), number: z.literal(true).optional(), before: z.string().optional(), after: z.string().optional() }),
    z.strictObject({ json: formSchema }),
    z.strictObject({ object: z.record(z.string(), formSchema) }),
    z.strictObject({ list: z.array(formSchema) }),
    z.strictObject({ is: z.unknown() }),
  ]),
) as z.ZodType<Form>;

/** The field of a payload that holds the form. */
export const FORM = 'legacy_form';

/** The form that a payload names: `null` where it has none, `unknown` where this is none that this version knows. */
export function formOf(payload: Fields): Form | null | 'unknown' {
  if (payload[FORM] === undefined) return null;
  const parsed = formSchema.safeParse(payload[FORM]);
  return parsed.success ? parsed.data : 'unknown';
}

/** What the row held, or would hold with the payload's present values. */
export function rebuild(form: Form, payload: Fields): unknown {
  if ('is' in form) return form.is;
  if ('json' in form) return JSON.stringify(rebuild(form.json, payload));
  if ('list' in form) return form.list.map((inner) => rebuild(inner, payload));
  if ('object' in form) return Object.fromEntries(Object.entries(form.object).map(([name, inner]) => [name, rebuild(inner, payload)]));
  const value = payload[form.field];
  if (typeof value !== 'string') return value;
  if (form.number) return numberOf(value);
  return `${form.before ?? ''}${value}${form.after ?? ''}`;
}

/**
 * Whether what lies in the row is this form with the payload's values, to the last field. Fields in `anything` may hold what they like: what a rotation
 * changes.
 */
export function matches(form: Form, payload: Fields, legacy: unknown, anything: ReadonlySet<string> = new Set()): boolean {
  const inside: Inside = (inner, value) => matches(inner, payload, value, anything);
  if ('is' in form) return canonicalText(form.is) === canonicalText(legacy);
  if ('json' in form) return typeof legacy === 'string' && inside(form.json, readOrNothing(legacy));
  if ('list' in form) return isListOf(form.list, legacy, inside);
  if ('object' in form) return isObjectOf(form.object, legacy, inside);
  if (anything.has(form.field)) return legacy !== undefined;
  if (form.number) return isNumber(legacy) && JSON.stringify(legacy) === payload[form.field];
  return legacy !== undefined && canonicalText(rebuild(form, payload)) === canonicalText(legacy);
}

/** Whether a part of what lies in the row is this form. */
type Inside = (form: Form, legacy: unknown) => boolean;

const isListOf = (forms: readonly Form[], legacy: unknown, inside: Inside): boolean =>
  Array.isArray(legacy) && legacy.length === forms.length && forms.every((form, place) => inside(form, legacy[place]));

function isObjectOf(forms: Readonly<Record<string, Form>>, legacy: unknown, inside: Inside): boolean {
  const parts = Object.entries(forms);
  if (!isFields(legacy) || Object.keys(legacy).length !== parts.length) return false;
  return parts.every(([name, form]) => name in legacy && inside(form, legacy[name]));
}

const readOrNothing = (text: string): unknown => {
  try {
    return parseJsonExactly(text);
  } catch {
    return undefined;
  }
};
