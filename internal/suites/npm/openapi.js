// openapi.js FILE fails unless the file is a valid OpenAPI 3.1 description.
import { Validator } from '@seriousme/openapi-schema-validator';

const validator = new Validator();
const { valid, errors } = await validator.validate(process.argv[2]);
if (!valid) console.log(JSON.stringify(errors, null, 2));
if (validator.version !== '3.1') console.log(`it is OpenAPI ${validator.version}, not 3.1`);
process.exit(valid && validator.version === '3.1' ? 0 : 1);
