import type { Database } from '../database.ts';
import type { AppRole } from '../roles/app-role.ts';

// Any function of this package: which ones an operation calls is all that is asked of it.
type Callable = (...args: never[]) => unknown;

/** An operation as the product calls it, with the rights that it has there. */
export interface Operation {
  readonly name: string;
  readonly as: AppRole;
  /** Which of this package's functions it is. */
  readonly calls: readonly Callable[];
  run(db: Database): Promise<unknown>;
  /** `scan`: runs by itself, again and again. `list`: a person reads what comes of it, or it counts, so it may take longer. */
  readonly kind: 'scan' | 'list';
  /** Pages that it looks at, at most, where what it takes or counts has an end that a small fleet does not come to. */
  readonly most?: number;
  /**
   * Where a person or a program asks for the whole fleet, so that the work is in proportion to it by its nature: what is gone through. Measured by a thousand logins, of which
   * it may cost no more in a large fleet than in a small one: each table is read once, and nothing is looked up for each row.
   */
  readonly every?: string;
}

type More = Partial<Pick<Operation, 'kind' | 'most' | 'every'>>;

/** What a person waits for, a page at a time. */
export const list = { kind: 'list' } as const;

/** One operation: the function itself, and what it is asked. */
export function asks<A extends readonly unknown[]>(
  as: AppRole,
  call: (db: Database, ...args: A) => Promise<unknown>,
  args: A,
  { of, kind = 'scan', ...more }: More & { readonly of?: string } = {},
): Operation {
  return { name: of === undefined ? call.name : `${call.name}: ${of}`, as, calls: [call], run: (db) => call(db, ...args), kind, ...more };
}

/** Several functions, one after the other: what one answers, the next is asked about. */
export const inTurn = (operation: Omit<Operation, 'kind'>): Operation => ({ kind: 'scan', ...operation });
