// What @graphql-eslint recommends for schemas, what Relay asks of them, and a description everywhere.
import plugin from '@graphql-eslint/eslint-plugin';

const schema = process.env.OUTDIAL_SCHEMA;
const { rules: recommended } = plugin.configs['flat/schema-recommended'];
const { rules: relay } = plugin.configs['flat/schema-relay'];

export default [
  {
    files: ['**/*.graphqls'],
    plugins: { '@graphql-eslint': plugin },
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...recommended,
      ...relay,
      '@graphql-eslint/description-style': ['error', { style: 'inline' }],
      // Values such as Credits or Eta are parts of something and have no identity.
      '@graphql-eslint/strict-id-in-types': 'off',
      // Connections also offer nodes, beside edges; lines of a history or an upload are not looked up by themselves.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false, withEdgeSuffix: true }],
      '@graphql-eslint/require-description': ['error', {
        types: true, DirectiveDefinition: true, rootField: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true,
      }],
      '@graphql-eslint/require-nullable-fields-with-oneof': 'error',
    },
  },
];
