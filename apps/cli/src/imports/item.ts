import { RcmError, type Secret } from '@rcm/telemetry';

/** One login as another program has exported it. */
export interface Item {
  /** Which of the export, counted from 1: how it is named to people, as titles may hold anything. */
  readonly place: number;
  readonly title: string;
  /** Folder, collection, vault or group, as a path with slashes; '': none. */
  readonly folder: string;
  readonly addresses: readonly string[];
  readonly username: Secret<string>;
  readonly password: Secret<string>;
  /** A seed or an otpauth address, as it was exported; `null`: none. */
  readonly oneTimeCodes: Secret<string> | null;
  /** Whatever else it has, by name. */
  readonly fields: ReadonlyMap<string, Secret<string>>;
}

/** An item that is no login to be added, and why, in words without a value. */
export interface LeftOut {
  readonly place: number;
  readonly why: string;
}

export interface Exported {
  readonly items: readonly Item[];
  readonly leftOut: readonly LeftOut[];
}

export const notAnExport = (program: string, what: string): RcmError =>
  new RcmError('input_invalid', `The file is no export of ${program} that can be read: ${what}. Nothing was done.`);

/** With or without a byte order mark, which PowerShell writes. Fails with `input_invalid`; what stands in the file is not repeated. */
export function parsedJson(program: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw notAnExport(program, 'it is neither JSON nor CSV');
  }
}

export const isJson = (text: string): boolean => /^\uFEFF?\s*[[{]/.test(text.slice(0, 1_000));
