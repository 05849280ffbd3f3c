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

const totalSchema = z.strictObject({
  in: targetSchema,
  format: words.refine((text) => text.split('{total}').length === 2, 'must hold {total} once, and may hold {from} and {to}'),
});

/** A list that shows more rows while it is scrolled; those out of sight may leave the document. */
const scrollSchema = z.strictObject({
  /** What is scrolled. Default: the page. */
  in: targetSchema.optional(),
  /** The columns that tell every row from every other. */
  key: z.union([definedName, z.array(definedName).min(1).max(5)]),
  /** More rows than these are an error, never a silent cut. */
  max_rows: z.int().min(1).max(20_000).default(2_000),
});

const rowsSchema = z.strictObject({
  /** Matches every data row, no heading row. */
  each: targetSchema,
  columns: named(columnSchema, 'column'),
  /** What leads to the next page; the last page shows it disabled or not at all. */
  next_page: targetSchema.optional(),
  /** The next page's rows are added below those before, instead of taking their place. */
  grows: z.boolean().optional(),
  scroll: scrollSchema.optional(),
  /** Where the page says how many rows there are, and how: what was read must be that many. */
  total: totalSchema.optional(),
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

/** A column of a file: the cell under a heading, or the n-th. */
const sheetColumnSchema = z
  .strictObject({ header: words.optional(), cell: z.int().min(1).max(100).optional(), ...typedTextShape })
  .superRefine((column, context) => {
    exactlyOne(column, ['header', 'cell'], context);
    checkTypedText(column, context);
  });

/** Rows that the portal gives as a file. */
const sheetSchema = z
  .strictObject({
    /** As of `file`. */
    press: targetSchema.optional(),
    open: addressSchema.optional(),
    max_bytes: z
      .int()
      .min(1)
      .max(50 * MEGABYTE)
      .default(5 * MEGABYTE),
    format: z.enum(['csv', 'xlsx']),
    /** Of CSV that does not begin with a mark of its own. Default utf-8. */
    encoding: z.enum(['utf-8', 'utf-16', 'windows-1252']).optional(),
    /** Of CSV. Default: a comma. */
    separator: z.enum([',', ';', '|', 'tab']).optional(),
    /** Name of the workbook's sheet. Default: the only one. */
    tab: words.optional(),
    /** The row with the headings; what stands above it is not read. */
    heading_row: z.int().min(1).max(100).default(1),
    columns: named(sheetColumnSchema, 'column'),
    /** As of `rows`; read before the file is asked for. */
    total: totalSchema.optional(),
    /** More rows than these are an error, never a silent cut. */
    max_rows: z.int().min(1).max(100_000).default(10_000),
  })
  .superRefine((sheet, context) => {
    exactlyOne(sheet, ['press', 'open'], context);
    const only = (format: string, keys: readonly (keyof typeof sheet)[]) => {
      for (const key of keys)
        if (sheet.format !== format && sheet[key] !== undefined) context.addIssue({ code: 'custom', path: [key], message: `belongs to format: ${format}` });
    };
    only('csv', ['encoding', 'separator']);
    only('xlsx', ['tab']);
  });

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

/** A piece of portal work: typed inputs, steps, and what it returns: rows of a page or of a file, the fields of one record, a file, or several of these. */
export const taskSchema = z
  .strictObject({
    description: words.optional(),
    input: z.record(definedName, inputSchema).default({}),
    steps: stepsSchema,
    outcomes: taskOutcomesSchema,
    rows: rowsSchema.optional(),
    fields: named(fieldSchema, 'field').optional(),
    file: fileSchema.optional(),
    sheet: sheetSchema.optional(),
    contract: taskContractSchema.optional(),
  })
  .superRefine((task, context) => {
    if (!task.rows && !task.fields && !task.file && !task.sheet)
      context.addIssue({ code: 'custom', message: 'returns nothing: needs rows, fields, file or sheet' });
  });

export type TaskRecipe = z.infer<typeof taskSchema>;
export type RowsRecipe = NonNullable<TaskRecipe['rows']>;
export type ScrollRecipe = NonNullable<RowsRecipe['scroll']>;
export type ColumnRecipe = RowsRecipe['columns'][string];
export type FieldsRecipe = NonNullable<TaskRecipe['fields']>;
export type FileRecipe = NonNullable<TaskRecipe['file']>;
export type SheetRecipe = NonNullable<TaskRecipe['sheet']>;
