import { createLogger } from '../logger.ts';
import { type PlaintextUse, plaintextWarnings } from './transport.ts';

/** Says each opt-out that `RCM_PLAINTEXT` names in a line of its own, however quiet the log is otherwise; whoever opens a connection by it calls this first. Returns the sentences, for `/healthz`. */
export function sayPlaintext(name: string, allowed: readonly PlaintextUse[]): readonly string[] {
  const warnings = plaintextWarnings(allowed);
  for (const warning of warnings) createLogger({ name, level: 'warn' }).warn(warning);
  return warnings;
}
