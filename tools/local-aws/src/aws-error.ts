/**
 * A refusal that the caller sees as an AWS error. `code` is the name AWS documents (what the SDK turns into `error.name`),
 * `message` never holds a value that was sent as a secret.
 */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A rule of the service that has no error of its own. */
export const validationError = (message: string): AwsError => new AwsError('ValidationException', message);
