import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

// WrapLines has long lines go on below: the editors take a third of the page.
export function WrapLines() {
  const { queryEditor, variableEditor } = useGraphiQL(
    ({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }),
  );
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor]) editor?.updateOptions({ wordWrap: 'on' });
  }, [queryEditor, variableEditor]);
  return null;
}
