import type { Form } from './form.ts';
import type { Place } from './paths.ts';
import type { Codes, Remark } from './reading.ts';
import type { LoginField } from './vocabulary.ts';

/** What has been found in an object so far. */
export class Findings {
  readonly fields = new Map<LoginField, string>();
  readonly rest: Record<string, unknown> = {};
  readonly parts: Record<string, Form> = {};
  readonly shapes = new Set<string>();
  readonly remarks: Remark[] = [];
  readonly places = new Map<string, Place>();
  codes: Codes | null = null;

  /** Something that stays under its own name. */
  keep(name: string, value: unknown): void {
    this.rest[name] = value;
    this.parts[name] = { field: name };
  }

  drop(name: string, value: unknown): void {
    this.parts[name] = { is: value };
    if (value !== null) this.shapes.add('empty fields left out');
  }

  /** Whether there was no other value for this field. */
  take(field: LoginField, text: string, { name, at, form = { field } }: { readonly name: string; readonly at: Place; readonly form?: Form }): boolean {
    const there = this.fields.get(field);
    this.places.set(field, [...at, name]);
    this.fields.set(field, text);
    this.parts[name] = form;
    if (name !== field) this.shapes.add('other names');
    return there === undefined || there === text;
  }
}
