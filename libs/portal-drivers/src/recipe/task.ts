import { z } from 'zod';
import { taskOutcomesSchema } from './outcomes.ts';
import { definedName, exactlyOne, words } from './rules.ts';
import { stepsSchema } from './step.ts';
import { targetSchema } from './target.ts';

/** A column of the rows that a task returns: the n-th cell, the cell under a header, or an element inside the row. */
const columnSchema = z
  .strictObject({ cell: z.int().min(1).max(100).optional(), header: words.optional(), css: words.optional() })
  .superRefine((column, context) => exactlyOne(column, ['cell', 'header', 'css'], context));

const rowsSchema = z.strictObject({
  /** Matches every data row, no heading row. */
  each: targetSchema,
  columns: z.record(definedName, columnSchema).refine((columns) => Object.keys(columns).length > 0, 'must name a column'),
  /** What leads to the next page; the last page shows it disabled or not at all. */
  next_page: targetSchema.optional(),
  /** More pages than this are an error, never a silent cut. */
  max_pages: z.int().min(1).max(500).default(20),
});

const inputSchema = z.strictObject({
  type: z.enum(['text', 'number', 'date']),
  /** The whole text must match. */
  pattern: z.string().max(200).refine(isPattern, 'must be a regular expression').optional(),
  max_length: z.int().min(1).max(1_000).default(100),
});

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

/** A piece of portal work: typed inputs, steps, and the rows it returns. */
export const taskSchema = z.strictObject({
  input: z.record(definedName, inputSchema).default({}),
  steps: stepsSchema,
  outcomes: taskOutcomesSchema,
  rows: rowsSchema,
});

export type TaskRecipe = z.infer<typeof taskSchema>;
export type RowsRecipe = TaskRecipe['rows'];
export type ColumnRecipe = RowsRecipe['columns'][string];
