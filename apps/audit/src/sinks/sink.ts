import type { SignedHead } from '../heads/head.ts';

/** A place outside the database that takes heads. */
export interface HeadSink {
  /** For logs and metrics: `file`, `bucket`, `syslog`. */
  readonly name: string;
  /** Resolves once all of them are kept there. May be given the same heads again: they are statements, and the same one twice says nothing new. */
  write(heads: readonly SignedHead[], signal: AbortSignal): Promise<void>;
  close(): void;
}

/** A sink that also gives back what it was given, as NDJSON. */
export interface HeadSource {
  /** For whoever reads what is wrong with it. */
  readonly place: string;
  read(signal: AbortSignal): AsyncIterable<Buffer>;
}
