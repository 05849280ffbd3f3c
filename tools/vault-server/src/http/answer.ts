import { randomUUID } from 'node:crypto';

/** What goes back over the wire. `body` null: no content. */
export interface Answer {
  readonly status: number;
  readonly body: object | null;
}

/** A refusal that ends a request: `{"errors": […]}` with its status (openbao sdk/logical/response_util.go, RespondError). */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly string[];

  constructor(status: number, ...errors: readonly string[]) {
    super(errors.join('; '));
    this.status = status;
    this.errors = errors;
  }

  get answer(): Answer {
    return { status: this.status, body: { errors: this.errors } };
  }
}

export const noContent: Answer = { status: 204, body: null };

/** 404 without a word: nothing was ever there (response_util.go: a read without a response). */
export const nothingThere = (): Refusal => new Refusal(404);

export const permissionDenied = (): Refusal => new Refusal(403, 'permission denied');

/** The frame around every answer with data (http/logical.go, respondLogical). `status` 404 carries a soft-deleted version. */
export const withData = (data: object, status = 200): Answer => ({ status, body: { ...frame(), data } });

export const withAuth = (auth: object): Answer => ({ status: 200, body: { ...frame(), data: null, auth } });

const frame = () => ({ request_id: randomUUID(), lease_id: '', renewable: false, lease_duration: 0, wrap_info: null, warnings: null, auth: null });
