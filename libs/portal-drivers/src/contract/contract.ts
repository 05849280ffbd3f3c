/** One of the words that a field of a fixed set may hold, and what it stands for. */
interface Choice {
  /** Code of the X12 transaction that says the same; `null`: it has none that does. */
  readonly code: string | null;
  readonly meaning: string;
}

interface Described {
  /** `always`: every record has it. `maybe`: `null` where the portal does not show it. */
  readonly given: 'always' | 'maybe';
  readonly meaning: string;
  /** Loop and element of the X12 transaction that hold it; `null`: the transaction has no place for it. */
  readonly x12: string | null;
}

/**
 * A normalised field. `text` is the portal's own, `date` is `YYYY-MM-DD`, `money` is a decimal text with its currency, `choice` is
 * one word of a fixed set.
 */
export type ContractField = (Described & { readonly kind: 'text' | 'date' | 'money' }) | ChoiceField;

type ChoiceField = Described & { readonly kind: 'choice'; readonly choices: Readonly<Record<string, Choice>> };

/** What a kind of task gives at every portal: records of the same fields, whatever the portal calls them. */
export interface Contract {
  readonly title: string;
  /** The X12 transaction that says the same between machines, with the number of its HIPAA guide. */
  readonly transaction: string;
  /** Whether the portal's file belongs to the result. */
  readonly file: 'none' | 'always';
  readonly fields: Readonly<Record<string, ContractField>>;
}

/** An amount: decimal text with as many decimals as the currency has, never a float. */
export interface Money {
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
}
