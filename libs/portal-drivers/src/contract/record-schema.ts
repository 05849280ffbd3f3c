import { z } from 'zod';
import type { ContractField } from './contract.ts';
import { CONTRACTS, type ContractName } from './contracts.ts';

/** A text of the portal that a contract takes over; longer ones are no number and no name. */
const LONGEST = 300;

const money = z.strictObject({
  amount: z
    .string()
    .regex(/^-?\d{1,15}(\.\d{1,4})?$/)
    .describe('Decimal text, with as many decimals as the currency has.'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .describe('ISO 4217.'),
});

function valueOf(field: ContractField): z.ZodType {
  switch (field.kind) {
    case 'text':
      return z.string().min(1).max(LONGEST);
    case 'date':
      return z.iso.date();
    case 'money':
      return money;
    case 'choice':
      return z.enum(Object.keys(field.choices));
  }
}

/** The one schema of a contract's records: what is given is held against it, and callers are shown it as JSON Schema. */
export function recordSchema(name: ContractName): z.ZodObject {
  const made = MADE.get(name) ?? makeSchema(name);
  MADE.set(name, made);
  return made;
}

const MADE = new Map<ContractName, z.ZodObject>();

function makeSchema(name: ContractName): z.ZodObject {
  const { fields, transaction } = CONTRACTS[name];
  const described = Object.entries(fields).map(([key, field]: [string, ContractField]) => {
    const value = field.given === 'always' ? valueOf(field) : valueOf(field).nullable();
    return [key, value.describe(`${field.meaning}${field.x12 === null ? '' : ` X12 ${transaction}: ${field.x12}.`}`)] as const;
  });
  return z.strictObject(Object.fromEntries(described));
}
