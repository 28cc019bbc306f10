/// Who one is, in which language and light, and the way to every command.
import { Check, CircleUser, Keyboard, Languages, Monitor, Moon, Search, Sun } from 'lucide-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from 'react-aria-components';
import { useNavigate } from 'react-router';
import { useClient, useSession, useSites } from '../lib/context';
import { useSpeech } from '../lib/i18n/i18n';
import { setTheme, useTheme, type Theme } from '../lib/theme';
import { Button } from '../ui/Button';
import { Text } from '../ui/Text';
import { useToast } from '../ui/Toasts';
import { PasswordDialog } from '../features/session/PasswordDialog';
import { problemText } from '../lib/problem';

export function TopBar(props: { onPalette: () => void; onHelp: () => void }): ReactNode {
  const { text, language, setLanguage } = useSpeech();
  return (
    <header className="top">
      <span className="brand">
        <Lighthouse />
        {text.app.name}
      </span>
      <span className="top-end">
        <Button look="quiet" onPress={props.onPalette} shortcut="Ctrl K">
          <Search size={14} aria-hidden="true" />
          {text.app.palette}
        </Button>
        <Button look="quiet" isIcon aria-label={text.app.keys} onPress={props.onHelp}>
          <Keyboard size={16} aria-hidden="true" />
        </Button>
        <Button look="quiet" onPress={() => setLanguage(language === 'vi' ? 'en' : 'vi')}>
          <Languages size={15} aria-hidden="true" />
          <span lang={language === 'vi' ? 'en' : 'vi'}>{text.app.switchLanguage}</span>
        </Button>
        <ThemeMenu />
        <UserMenu />
      </span>
    </header>
  );
}

const THEMES = { system: Monitor, dark: Moon, light: Sun } as const;

function ThemeMenu(): ReactNode {
  const { text } = useSpeech();
  const theme = useTheme();
  const names: Record<Theme, string> = {
    system: text.app.themeSystem,
    dark: text.app.themeDark,
    light: text.app.themeLight,
  };
  const Icon = THEMES[theme];
  return (
    <MenuTrigger>
      <Button look="quiet" isIcon aria-label={`${text.app.theme}: ${names[theme]}`}>
        <Icon size={16} aria-hidden="true" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu aria-label={text.app.theme} onAction={(key) => setTheme(key as Theme)}>
          {(['system', 'dark', 'light'] as const).map((name) => (
            <MenuItem key={name} id={name} className="option" textValue={names[name]}>
              {names[name]}
              {name === theme && <Check size={14} className="option-end" aria-hidden="true" />}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function UserMenu(): ReactNode {
  const { text } = useSpeech();
  const session = useSession();
  const { nameOf } = useSites();
  const client = useClient();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const [isChanging, setChanging] = useState(false);
  const signOut = async () => {
    try {
      await client.signOut();
      await navigate('/sign-in?why=out');
      queryClient.clear();
    } catch (error) {
      toast({ message: problemText(error, text).message, isFailure: true });
    }
  };
  const sites = session.all_sites ? text.app.allSites : session.sites.map(nameOf).join(', ');
  return (
    <>
      <MenuTrigger>
        <Button look="quiet" aria-label={`${text.app.user}: ${session.name}`}>
          <CircleUser size={16} aria-hidden="true" />
          <span className="ellipsis top-name">
            <Text value={session.name} />
          </span>
        </Button>
        <Popover className="popover" placement="bottom end">
          <Menu
            aria-label={text.app.user}
            onAction={(key) => {
              if (key === 'out') void signOut();
              else if (key === 'account') void navigate('/account');
              else setChanging(true);
            }}
          >
            <MenuSection>
              <Header className="menu-head">
                <Text value={session.user} /> · {text.app.role[session.role]}
                <br />
                {sites}
              </Header>
              <MenuItem id="account" className="option">
                {text.people.account}
              </MenuItem>
              <MenuItem id="password" className="option">
                {text.app.changePassword}
              </MenuItem>
              <MenuItem id="out" className="option">
                {text.app.signOut}
              </MenuItem>
            </MenuSection>
          </Menu>
        </Popover>
      </MenuTrigger>
      <PasswordDialog isOpen={isChanging} onClose={() => setChanging(false)} />
    </>
  );
}

function Lighthouse(): ReactNode {
  return (
    <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true">
      <path fill="var(--accent)" d="M13 12h6l2 16H11zM12 6h8v5h-8zM14 3h4v2h-4z" />
      <path fill="var(--medium)" d="M10 7 1 4v8zM22 7l9-3v8z" />
    </svg>
  );
}
