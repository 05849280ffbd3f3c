export interface Written {
  /** Where it lies, for people. */
  readonly file: string;
  readonly sha256: string;
}

/** What a backup of every organization says of itself at its end. */
interface BackupSummary {
  readonly environment: string;
  readonly beganAt: string;
  readonly files: readonly (Written & { readonly orgId: string; readonly logins: number; readonly copies: number })[];
  readonly missing: number;
}

/** Where sealed files go: each is there whole or not at all, and nothing that is there is written over. */
export interface BackupPlace {
  /** For people. */
  readonly name: string;
  /** Under this name, which is new. Fails with `input_invalid` or `store_unavailable`, and with what the stream fails with. */
  write(name: string, bytes: ReadableStream<Uint8Array>): Promise<Written>;
  /** Every file of a whole backup is there. */
  complete(summary: BackupSummary): Promise<void>;
  close(): void;
}

export interface PlaceOptions {
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly signal: AbortSignal;
  /** For each file that a bucket takes, with all its tries. Default: five minutes. */
  readonly deadlineMs?: number;
}
