import type { CodegenConfig } from '@graphql-codegen/cli';

// Types of every operation in src, from the schema that the server serves.
// src/gql is made anew by each build and not kept.
const config: CodegenConfig = {
  schema: '../../schema.graphqls',
  documents: ['src/**/*.{ts,tsx}', '!src/gql/**'],
  generates: {
    './src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: {
          DateTime: 'string',
          Int64: 'number',
          JSONObject: 'Record<string, unknown>',
          PhoneNumberE164: 'string',
          Upload: 'File',
        },
      },
    },
    // Every enum of the schema, also those that no operation names.
    './src/gql/words.ts': {
      plugins: ['typescript'],
      config: { onlyEnums: true, enumsAsTypes: true },
    },
  },
};

export default config;
