/** Why the server cannot start, or a data file cannot be read. */
export type StartErrorCode = 'port_unavailable' | 'data_file_unusable' | 'options_invalid';

/** `message` is one sentence that a person can act on; the command line prints it as it is. */
export class VaultServerStartError extends Error {
  override readonly name = 'VaultServerStartError';
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
