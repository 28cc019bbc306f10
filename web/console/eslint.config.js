// House rules that a linter can hold: arrows between folders, no `any`, short components.
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const features = ['session', 'alerts', 'entities', 'events', 'intel', 'rules', 'sensors', 'assets', 'incidents', 'sources', 'health'];
const otherFeature = (own) => ({
  files: [`src/features/${own}/**/*.{ts,tsx}`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: features.filter((name) => name !== own).map((name) => `**/${name}/*`),
            message: 'features do not import features: lift what is shared into lib or ui',
          },
          { group: ['**/app/*'], message: 'features do not know the shell' },
        ],
      },
    ],
  },
});

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'src/lib/api.gen.ts'] },
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  {
    plugins: { 'react-hooks': hooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      'max-lines': ['error', { max: 250, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 200 }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-console': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      eqeqeq: 'error',
    },
  },
  ...features.map(otherFeature),
  {
    files: ['src/lib/**/*.{ts,tsx}', 'src/ui/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['**/features/**', '**/app/*'], message: 'shared code imports no feature and no shell' },
          ],
        },
      ],
    },
  },
  { files: ['src/lib/i18n/{vi,en}.ts', 'src/features/rules/techniques.ts'], rules: { 'max-lines': 'off' } },
  { files: ['**/*.test.{ts,tsx}', 'dev/**'], rules: { 'max-lines-per-function': 'off' } },
  { files: ['vite.config.ts', 'eslint.config.js'], rules: { 'no-restricted-exports': 'off' } },
  { files: ['dev/look.mjs'], languageOptions: { globals: { process: 'readonly', Buffer: 'readonly', document: 'readonly', window: 'readonly', localStorage: 'readonly' } } },
);
