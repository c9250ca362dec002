import type { CombinedError } from 'urql';

/** A request that failed, in words for the reader. */
export class Failure extends Error {
  readonly code: string;
  readonly requestId: string;

  constructor(message: string, code = '', requestId = '') {
    super(message);
    this.code = code;
    this.requestId = requestId;
  }

  /** Of an answer with the one body of errors, or without it. */
  static async ofAnswer(answer: Response): Promise<Failure> {
    const id = answer.headers.get('x-request-id') ?? '';
    try {
      const { detail, code } = (await answer.json()) as { detail?: string; code?: string };
      if (detail) return new Failure(detail, code, id);
    } catch {
      // The answer came from something in between.
    }
    return new Failure(`The server answered with status ${answer.status}.`, '', id);
  }

  static of(error: unknown): Failure {
    if (error instanceof Failure) return error;
    if (error instanceof TypeError) return new Failure('The server cannot be reached.', 'UNREACHABLE');
    return new Failure(error instanceof Error ? error.message : String(error));
  }

  /** Of a GraphQL operation that failed. */
  static ofOperation(error: CombinedError): Failure {
    if (error.networkError) {
      const status = (error.response as Response | undefined)?.status;
      if (status && status >= 400) return new Failure(`The server answered with status ${status}.`);
      return new Failure('The server cannot be reached.', 'UNREACHABLE');
    }
    const first = error.graphQLErrors[0];
    const { code, requestId } = (first?.extensions ?? {}) as { code?: string; requestId?: string };
    return new Failure(first?.message ?? error.message, code, requestId);
  }
}
