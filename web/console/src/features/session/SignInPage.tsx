/// Signing in: wrong password, too many attempts, a centre that is away, and the way back.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Eye, EyeOff } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useNavigate, useSearchParams } from 'react-router';
import { ApiError } from '../../lib/client';
import { useClient } from '../../lib/context';
import { useSpeech } from '../../lib/i18n/i18n';
import { problemText } from '../../lib/problem';
import { Button } from '../../ui/Button';
import { Exercise } from '../../ui/Exercise';
import { useCountdown } from './useCountdown';
import { safeNext } from './safeNext';
import './session.css';

export function SignInPage(): ReactNode {
  const { text, language, setLanguage } = useSpeech();
  return (
    <div className="signin-frame">
      <title>{`${text.session.title} · ${text.app.name}`}</title>
      <ExerciseNote />
      <div className="signin">
        <div className="signin-scene" aria-hidden="true">
          <Beam />
        </div>
        <main className="signin-panel">
          <div className="signin-brand">
            <h1>{text.app.name}</h1>
            <p>{text.session.tagline}</p>
          </div>
          <SignInForm />
          <div className="signin-foot">
            <p>{text.session.forgotten}</p>
            <Button look="quiet" onPress={() => setLanguage(language === 'vi' ? 'en' : 'vi')}>
              <span lang={language === 'vi' ? 'en' : 'vi'}>{text.app.switchLanguage}</span>
            </Button>
          </div>
        </main>
      </div>
    </div>
  );
}

/** Who signs in to an exercise knows it before. A centre that does not answer says nothing here. */
function ExerciseNote(): ReactNode {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ['public-health'],
    queryFn: ({ signal }) => client.publicHealth(signal),
    retry: false,
  });
  return data?.exercise === true ? <Exercise /> : null;
}

function SignInForm(): ReactNode {
  const { text } = useSpeech();
  const client = useClient();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [isAsked, setAsked] = useState(false);
  const [isShown, setShown] = useState(false);
  const countdown = useCountdown();
  const signIn = useMutation({
    mutationFn: () => client.signIn(user.trim(), password, code.trim()),
    onSuccess: (session) => {
      // Another person may have sat down: nothing of the former session stays.
      queryClient.clear();
      queryClient.setQueryData(['session'], session);
      void navigate(safeNext(params.get('next')), { replace: true });
    },
    onError: (error) => {
      const known = error instanceof ApiError ? error.code : '';
      setCode('');
      if (known === 'second_factor_required' || known === 'bad_second_factor') {
        // The password was right: it stays while the code is typed.
        setAsked(true);
        return;
      }
      setPassword('');
      if (error instanceof ApiError && error.status === 429) countdown.start(error.retryAfterSeconds ?? 30);
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!signIn.isPending && countdown.left === 0) signIn.mutate();
  };
  return (
    <form className="signin-form" onSubmit={onSubmit}>
      <Reason why={params.get('why')} isQuiet={signIn.isError} />
      <TextField className="field" value={user} onChange={setUser} autoComplete="username" isRequired autoFocus>
        <Label>{text.session.user}</Label>
        <Input className="input signin-input" autoCapitalize="none" spellCheck={false} />
      </TextField>
      <TextField
        className="field"
        type={isShown ? 'text' : 'password'}
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        isRequired
      >
        <Label>{text.session.password}</Label>
        <div className="signin-secret">
          <Input className="input signin-input" />
          <Button
            look="quiet"
            isIcon
            aria-label={isShown ? text.session.hidePassword : text.session.showPassword}
            onPress={() => setShown(!isShown)}
          >
            {isShown ? <EyeOff size={15} /> : <Eye size={15} />}
          </Button>
        </div>
      </TextField>
      {isAsked && (
        <TextField className="field" value={code} onChange={setCode} autoComplete="one-time-code" isRequired autoFocus>
          <Label>{text.people.code}</Label>
          <Input className="input signin-input mono" maxLength={40} />
          <p className="field-hint">{text.people.codeHint}</p>
        </TextField>
      )}
      <Outcome error={isAsked && code === '' && isOnlyAsked(signIn.error) ? null : signIn.error} left={countdown.left} />
      <Button type="submit" look="primary" isDisabled={signIn.isPending || countdown.left > 0}>
        {signIn.isPending ? text.session.submitting : text.session.submit}
      </Button>
    </form>
  );
}

/** That a code is needed is no failure. */
function isOnlyAsked(error: Error | null): boolean {
  return error instanceof ApiError && error.code === 'second_factor_required';
}

function Reason({ why, isQuiet }: { why: string | null; isQuiet: boolean }): ReactNode {
  const { text } = useSpeech();
  if (isQuiet || (why !== 'ended' && why !== 'out')) return null;
  return (
    <p className="signin-note" role="status">
      {why === 'ended' ? text.session.ended : text.session.signedOut}
    </p>
  );
}

function Outcome({ error, left }: { error: Error | null; left: number }): ReactNode {
  const { text } = useSpeech();
  if (error === null) return null;
  if (error instanceof ApiError && error.status === 429) {
    return (
      <p className="signin-note signin-bad" role="alert">
        {left > 0 ? text.session.wait(left) : text.session.waitOver}
      </p>
    );
  }
  const { message, requestId } = problemText(error, text);
  const isGone = error instanceof ApiError && error.code === 'unreachable';
  const isDenied = error instanceof ApiError && error.status === 401;
  return (
    <p className="signin-note signin-bad" role="alert">
      {isGone ? `${text.screens.unreachableTitle}. ${text.screens.unreachableText}` : message}
      {requestId !== null && !isDenied && <span className="mono dim"> {requestId}</span>}
    </p>
  );
}

/** A lighthouse by night: drawn here, so that the first screen waits for nothing. */
function Beam(): ReactNode {
  return (
    <svg viewBox="-240 180 1000 640" preserveAspectRatio="xMidYMax slice" width="100%" height="100%">
      <defs>
        <linearGradient id="beam" x1="0" x2="1">
          <stop offset="0" stopColor="#ffd98a" stopOpacity="0.55" />
          <stop offset="1" stopColor="#ffd98a" stopOpacity="0" />
        </linearGradient>
      </defs>
      <path d="M232 318 900 130v390z" fill="url(#beam)" />
      <path d="M210 318 620 240v170z" fill="url(#beam)" transform="matrix(-1 0 0 1 420 0)" opacity="0.6" />
      <path d="M-500 700c160-26 280 18 460 0s260-30 460-6 300-20 500 0v260h-1420z" fill="#0d2a44" />
      <path d="M-500 734c150 20 270-22 450 0s270 22 450-4 320 16 520 0v230h-1420z" fill="#0a2038" />
      <path d="M150 708c30-34 110-40 142 0z" fill="#071a2d" />
      <path d="M202 344h38l14 340h-66z" fill="#e8eef4" />
      <path d="M199 420h44l3 60h-50zM194 540h54l3 62h-60z" fill="#c2453f" />
      <path d="M194 334h54v12h-54zM204 298h34v36h-34z" fill="#16324c" />
      <path d="M211 304h20v26h-20z" fill="#ffd98a" />
      <path d="M198 298 221 276l23 22z" fill="#c2453f" />
    </svg>
  );
}
