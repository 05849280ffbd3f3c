import { z } from 'zod';
import { checkPatternWork, inputPatternSchema } from './input-pattern.ts';
import { taskOutcomesSchema } from './outcomes.ts';
import { definedName, exactlyOne, words } from './rules.ts';
import { addressSchema, stepsSchema } from './step.ts';
import { taskContractSchema } from './task-contract.ts';
import { targetSchema } from './target.ts';
import { checkTypedText, typedTextShape } from './typed-text.ts';

const attribute = z.string().regex(/^[a-z][a-z0-9-]{0,60}$/, 'must be the name of an attribute');

/** A column of the rows that a task returns: the n-th cell, the cell under a header, or an element inside the row. */
const columnSchema = z
  .strictObject({
    cell: z.int().min(1).max(100).optional(),
    header: words.optional(),
    css: words.optional(),
    attribute: attribute.optional(),
    ...typedTextShape,
  })
  .superRefine((column, context) => {
    exactlyOne(column, ['cell', 'header', 'css'], context);
    checkTypedText(column, context);
  });

const named = <T extends z.ZodType>(value: T, what: string) =>
  z.record(definedName, value).refine((entries) => Object.keys(entries).length > 0, `must name a ${what}`);

const rowsSchema = z.strictObject({
  /** Matches every data row, no heading row. */
  each: targetSchema,
  columns: named(columnSchema, 'column'),
  /** What leads to the next page; the last page shows it disabled or not at all. */
  next_page: targetSchema.optional(),
  /** The next page's rows are added below those before, instead of taking their place. */
  grows: z.boolean().optional(),
  /** Where the page says how many rows there are, and how: what was read must be that many. */
  total: z
    .strictObject({
      in: targetSchema,
      format: words.refine((text) => text.split('{total}').length === 2, 'must hold {total} once, and may hold {from} and {to}'),
    })
    .optional(),
  /** More pages than this are an error, never a silent cut. */
  max_pages: z.int().min(1).max(500).default(20),
});

/** A field of the record that a task returns: the words, the value or an attribute of one element. */
const fieldSchema = z
  .strictObject({ in: targetSchema, attribute: attribute.optional(), ...typedTextShape })
  .superRefine((field, context) => checkTypedText(field, context));

const MEGABYTE = 1024 * 1024;

/** A file that the portal gives, kept in memory only. */
const fileSchema = z
  .strictObject({
    /** The press that makes the portal send it. */
    press: targetSchema.optional(),
    /** Or: the address, where the last step has led to a page that names it. */
    open: addressSchema.optional(),
    max_bytes: z
      .int()
      .min(1)
      .max(50 * MEGABYTE)
      .default(5 * MEGABYTE),
  })
  .superRefine((file, context) => exactlyOne(file, ['press', 'open'], context));

const inputSchema = z
  .strictObject({
    type: z.enum(['text', 'number', 'date']),
    /** The whole text must match. */
    pattern: inputPatternSchema.optional(),
    max_length: z.int().min(1).max(1_000).default(100),
    /** May be left out; what is typed is then empty. Default false. */
    optional: z.boolean().optional(),
  })
  .superRefine(checkPatternWork);

/** A piece of portal work: typed inputs, steps, and what it returns: rows, the fields of one record, a file, or several of these. */
export const taskSchema = z
  .strictObject({
    description: words.optional(),
    input: z.record(definedName, inputSchema).default({}),
    steps: stepsSchema,
    outcomes: taskOutcomesSchema,
    rows: rowsSchema.optional(),
    fields: named(fieldSchema, 'field').optional(),
    file: fileSchema.optional(),
    contract: taskContractSchema.optional(),
  })
  .superRefine((task, context) => {
    if (!task.rows && !task.fields && !task.file) context.addIssue({ code: 'custom', message: 'returns nothing: needs rows, fields or file' });
  });

export type TaskRecipe = z.infer<typeof taskSchema>;
export type RowsRecipe = NonNullable<TaskRecipe['rows']>;
export type ColumnRecipe = RowsRecipe['columns'][string];
export type FieldsRecipe = NonNullable<TaskRecipe['fields']>;
export type FileRecipe = NonNullable<TaskRecipe['file']>;
