import { RcmError } from '@rcm/telemetry';

/** Why a file's rows cannot be told, in words without any of the file's. `row`: from 1, of the file; a CSV file counts its lines as rows. */
export const sheetProblem = (what: string, row?: number): RcmError =>
  new RcmError('portal_unexpected', row === undefined ? `The file of results ${what}.` : `Row ${row} of the file of results ${what}.`);
