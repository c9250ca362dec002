import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';

// FollowTheme draws nothing. It colours the editors anew when the system turns
// dark or light, which GraphiQL does for all but them; it stands inside GraphiQL,
// and does nothing while a theme was chosen in the settings.
export function FollowTheme() {
  const theme = useGraphiQL(({ theme }) => theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const onChange = () => setTheme(theme);
    system.addEventListener('change', onChange);
    return () => system.removeEventListener('change', onChange);
  }, [theme]);
  return null;
}
