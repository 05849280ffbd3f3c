import { z } from 'zod';
import { RAW_OF_835 } from '../contract/remittance-835.ts';
import { recordSchema } from '../contract/record-schema.ts';
import type { ContractName } from '../contract/contracts.ts';
import { contractOf } from './contract-use.ts';
import type { TaskRecipe } from './task.ts';
import type { TypedText } from './typed-text.ts';

/** A schema as JSON Schema 2020-12 writes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a task takes and gives. */
export interface TaskInterface {
  readonly description: string | null;
  /** The contract that it fulfils; `null`: the recipe's own shape. */
  readonly contract: ContractName | null;
  readonly input: JsonSchema;
  readonly result: JsonSchema;
}

type InputRule = TaskRecipe['input'][string];

const FILE: JsonSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, contentType: { type: 'string' }, base64: { type: 'string', contentEncoding: 'base64' } },
  required: ['name', 'contentType', 'base64'],
};

/** The interface of a task, as whoever asks for it needs it: of what its recipe presses and reads it says nothing. */
export function taskInterface(name: string, task: TaskRecipe): TaskInterface {
  const inputs = Object.entries(task.input);
  const contract = contractOf(name, task);
  return {
    description: task.description ?? null,
    contract,
    input: {
      type: 'object',
      properties: Object.fromEntries(inputs.map(([name, rule]) => [name, inputOf(rule)])),
      required: inputs.filter(([, rule]) => !rule.optional).map(([name]) => name),
      additionalProperties: false,
    },
    result: {
      type: 'object',
      properties: {
        found: { type: 'boolean' },
        ...(contract === null ? ownShape(task) : { contract: { const: contract }, rows: { type: 'array', items: promised(contract, task) } }),
        ...(task.file ? { file: FILE } : {}),
      },
      required: ['found', 'rows'],
    },
  };
}

function ownShape({ rows, sheet, fields }: TaskRecipe): JsonSchema {
  const values = (columns: Readonly<Record<string, TypedText>>): JsonSchema => ({
    type: 'object',
    properties: Object.fromEntries(Object.entries(columns).map(([name, typed]) => [name, valueOf(typed)])),
    required: Object.keys(columns),
  });
  return { rows: { type: 'array', items: values((rows ?? sheet)?.columns ?? {}) }, ...(fields ? { fields: values(fields) } : {}) };
}

/** The contract's record, and beside it what the portal shows under the recipe's names. */
function promised(name: ContractName, { rows, sheet, fields, contract }: TaskRecipe): JsonSchema {
  const { $schema: _dialect, ...record } = z.toJSONSchema(recordSchema(name)) as { properties?: JsonSchema; required?: readonly string[] } & JsonSchema;
  const read = contract?.file === undefined ? Object.keys({ ...fields, ...(rows ?? sheet)?.columns }) : RAW_OF_835;
  const raw = {
    type: 'object',
    description: 'What the portal shows, word for word.',
    properties: Object.fromEntries(read.map((key) => [key, { type: ['string', 'null'] }])),
    required: read,
  };
  return { ...record, properties: { ...record.properties, raw }, required: [...(record.required ?? []), 'raw'] };
}

/** Inputs are texts, whatever they stand for: they are typed into a page. */
function inputOf({ type, max_length: maxLength, pattern }: InputRule): JsonSchema {
  const written = { text: {}, number: { pattern: '^-?\\d+(\\.\\d+)?$' }, date: { format: 'date' } }[type];
  return { type: 'string', minLength: 1, maxLength, ...written, ...(pattern === undefined ? {} : { pattern: `^(?:${pattern})$` }) };
}

function valueOf({ type = 'text', may_be_empty: mayBeEmpty }: TypedText): JsonSchema {
  const value = {
    text: { type: 'string' },
    number: { type: 'number' },
    money: { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' },
    date: { type: 'string', format: 'date' },
  }[type];
  return mayBeEmpty ? { anyOf: [value, { type: 'null' }] } : value;
}
