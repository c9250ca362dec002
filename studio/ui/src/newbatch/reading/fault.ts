/** The kinds of fault that a whole upload can have, named as the API names them. */
export type FaultCode =
  | 'invalid_csv'
  | 'missing_phone_column'
  | 'too_many_contacts'
  | 'no_valid_contacts'
  | 'file_too_large';

/** Why an upload cannot be used at all, in the server's words. */
export class Fault extends Error {
  readonly code: FaultCode;
  /** What to do, when the message does not say it; empty when there is no more to say. */
  readonly hint: string;

  constructor(code: FaultCode, message: string, hint = '') {
    super(message);
    this.name = 'Fault';
    this.code = code;
    this.hint = hint;
  }
}

/** A fault of a file that is not CSV that can be read. */
export function invalid(message: string): Fault {
  return new Fault('invalid_csv', message);
}
