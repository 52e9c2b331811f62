"""The sentences of the command line, for the problems that the rules report as a word."""

from collections.abc import Iterator
from typing import assert_never
from urllib.parse import urlsplit

from accounts import passwords, usernames
from accounts.connection import one_line
from accounts.mail import check as mail_check
from accounts.mail import smtp
from accounts.sso import check, http
from accounts.user_import import csv_file
from accounts.user_import.reader import Report
from accounts.users import users
from settings.mail import MailServer

PASSWORD: dict[passwords.Problem, str] = {
    "missing": "it is empty",
    "too_short": "it needs at least 15 characters",
    "too_long": "it has more than 1,024 characters",
    "bad_characters": "it contains control characters",
    "common": "it is on the list of common passwords",
    "repeated": "it is one common word, repeated",
    "few_characters": "it has fewer than 5 different characters",
    "run": "it is a simple sequence of letters, digits or neighbouring keys",
    "personal": "fewer than 8 characters remain without username, name, e-mail address, organisation, product and host",
    "guessable": "it is made of words, names, dates, repetitions or neighbouring keys, which are guessed first",
}
# Each continues a sentence that begins with the field.
USERNAME: dict[usernames.Problem, str] = {
    "too_long": "is too long: at most 128 characters",
    "bad_characters": "contains characters that cannot be seen",
    "no_letter": "has neither a letter nor a digit",
    "reserved": "is reserved: the activity log uses it",
    "apostrophe": "has a typographic apostrophe: use ' instead",
    "marks": "has an accent without a letter, or more than 4 on one",
    "mixed_scripts": "mixes letters of several scripts",
    "mixed_digits": "mixes several kinds of digits",
    "direction": "is written from right to left: it must begin with a letter, and end with a letter or digit",
    "not usable": "holds more than letters, digits, single spaces and the punctuation of ASCII, such as . - _ @",
    "like_reserved": "looks like a name that is reserved for the activity log",
}
# The same.
FIELD: dict[users.FieldProblem, str] = {
    "taken": "is taken",
    "lookalike": "looks like the username of another user",
    "address_of_another": "is the e-mail address of another user",
    "username_of_another": "is the username of another user",
    "unknown": "is not known",
    **dict(USERNAME.items()),
    "too_long": "is too long",
    "bad_address": "is not an e-mail address",
    "no_provider": "is not possible without an identity provider: set TWO_KEYS_SSO_ISSUER and the others",
    "local_part_beyond_ascii": "has characters beyond ASCII before the @, to which no e-mail can be sent",
    "empty": "is empty",
    "unknown_zone": "is not a time zone",
    "single_sign_on": "signs in by Single Sign-On and has no password",
    "conflict": "was changed at the same time: nothing is set",
    "unknown_role": "is not known",
    "holds_more": "has permissions that you do not have",
}
IMPORT: dict[csv_file.BadProblem, str] = {
    "empty": "the file is empty",
    "no_users": "the file has no line with a user",
    "line_too_long": "the line is longer than 16 KiB; nothing after it was read",
    "workbook": "this is a workbook; save it as CSV UTF-8",
    "not_utf8": "the line is not UTF-8; save it as CSV UTF-8, or import it on the page, which shows how it is read",
    "not_text": "the line holds characters that cannot be read",
    "not_csv": "the line is not CSV: look at its quotation marks",
    "line_break": "the column {column} has a line break within a cell: {value!r}",
    "column_twice": "the column {value!r} appears twice",
    "no_username_column": "the first line has no column username and none with e-mail addresses, but these: {value}",
    "number_of_cells": "this line and the first line have different numbers of cells: {value}",
    **{problem: f"the username {{value!r}} {words}" for problem, words in USERNAME.items()},
    "lookalike": "the username {value!r} looks like another one",
    "address_of_another": "the username {value!r} is the e-mail address of another user",
    "username_of_another": "the e-mail address {value!r} is the username of another user",
    "twice": "the same username is in line {value}",
    "too_long": "{column} is too long: {value!r}",
    "bad_characters": "{column} contains characters that cannot be seen: {value!r}",
    "bad_address": "{value!r} is not an e-mail address",
    "local_part_beyond_ascii": f"{{value!r}} {FIELD['local_part_beyond_ascii']}",
    "no_provider": f"the login method sso {FIELD['no_provider']}",
    "unknown_method": "the login method {value!r} is neither password nor sso",
    "method_differs": "the user exists with the login method {value}, which an import does not change",
    "unknown_role": "there is no role {value!r}",
    "holds_more": "the user has permissions that you do not have",
    "own_address": "one's own e-mail address is changed on My User",
    "roles_not_yours": "to give or take roles you need the permission to edit roles",
    "gives_more": "the role {value!r} has permissions that you do not have",
    "last_administrator": "at least one user who can sign in must be able to edit general settings and roles",
    "too_many_lines": "the file has more than {value} users; split it",
}
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
MAIL: dict[smtp.Ill, str] = {
    "name": "the name of the mail server, {host}, was not found:"
    " check TWO_KEYS_SMTP_URL and this machine's name service ({said})",
    "refused": "nothing listens at {host}, port {port}:"
    " check host and port in TWO_KEYS_SMTP_URL, and firewalls ({said})",
    "unreachable": "{host}, port {port}, cannot be reached ({said})",
    "timeout": "{host}, port {port}, did not answer in time:"
    " a firewall, or smtp:// where smtps:// is meant or the other way round ({said})",
    "no_starttls": "{host} offers no STARTTLS on port {port}:"
    " use smtps:// (port 465), or smtp:// on a network that you trust",
    "tls": "no encrypted connection to {host}, port {port}:"
    " smtps:// is for port 465, smtp+starttls:// for 587 ({said})",
    "certificate": "the certificate of {host} cannot be trusted: {said}."
    " Use the name that it is for; SSL_CERT_FILE names your own authority",
    "login": "{host} refused the login: check user and password in TWO_KEYS_SMTP_URL, percent-encoded ({said})",
    "sender": "{host} refused the sender {sender}: check TWO_KEYS_MAIL_FROM ({said})",
    "disconnected": "{host} closed the connection ({said})",
}
MAIL_ADDRESS = "{to!r} cannot be the recipient of an e-mail ({said})"
MAIL_REJECTED = "{host} refused the e-mail to {to}: {said}"
MAIL_REJECTED_FOR_NOW = "{host} did not accept the e-mail to {to} now, but may later: {said}"
SSO: dict[http.Problem, str] = {
    "name": "the name {host} was not found: check TWO_KEYS_SSO_ISSUER and this machine's name service ({said})",
    "refused": "nothing listens at {host}: check TWO_KEYS_SSO_ISSUER, and firewalls ({said})",
    "unreachable": "{host} cannot be reached ({said})",
    "timeout": "{host} did not answer in time: a firewall, or it is down ({said})",
    "certificate": "the certificate of {host} cannot be trusted: {said}."
    " Use the name that it is for; SSL_CERT_FILE names your own authority",
    "tls": "no encrypted connection to {host} ({said})",
    "redirect": "{where} is answered with a redirect, which is not followed: name the final URL in TWO_KEYS_SSO_ISSUER",
    "status": "{where} is answered with the status {said}."
    " TWO_KEYS_SSO_ISSUER is the URL without /.well-known/openid-configuration",
    "too_large": "the answer from {where} is larger than 256 KB",
    "encoding": "the answer from {where} is compressed, which was not asked for",
    "not_json": "the answer from {where} is not a JSON object: is TWO_KEYS_SSO_ISSUER an OpenID Connect issuer?",
    "said": "{where} says {said}",
    "missing": "{where} lacks what is needed: {said}",
    "insecure": "the {said} is not a URL that may be used: it must begin with https",
    "wrong_issuer": "the provider says that it is {said!r}. TWO_KEYS_SSO_ISSUER must be exactly that, slash for slash",
    "no_client_auth": "the provider supports no way of client authentication that this program knows: {said}",
    "no_algorithm": "the provider signs with {said} alone, and none of these is accepted:"
    " choose RS256, PS256, ES256 or EdDSA there",
    "no_keys": "the provider publishes no key for signatures that are accepted",
    "client": "the provider does not know this client ({said}):"
    " check TWO_KEYS_SSO_CLIENT_ID and TWO_KEYS_SSO_CLIENT_SECRET",
}
SSO_PLACES = {"discovery": "the discovery document", "keys": "the list of keys", "token": "the token endpoint"}
SSO_DOUBTS: dict[check.Doubt, str] = {
    "no_pkce": "It does not announce PKCE with S256; sign-ins ask for it all the same.",
    "no_auth_time": "It does not announce auth_time;"
    " if it does not report the time of a sign-in, a reauthentication asks with prompt=login.",
    "no_logout": "It has no end_session_endpoint: users are not offered to sign out there, too.",
    "client_untested": "Whether client id and secret are right could not be tested: sign in once.",
}

SSO_NO_USER_INFORMATION = (
    "It names no userinfo_endpoint that can be used: what the ID token does not say stays unknown."
)
SSO_USER_INFORMATION = "Its userinfo endpoint answers, after {seconds:.2f} s; what it says of a person was not tried."
SSO_USER_INFORMATION_TROUBLE = (
    "Its userinfo endpoint cannot be used: {trouble}. Sign-ins go on without it, by the ID token alone:"
    " nobody is bound by e-mail address then, and names and e-mail addresses stay as they are."
)
SSO_SIGNING: dict[check.Signing, str] = {
    "not_said": "It does not say whether it signs user information, and that was not tried.",
    "possible": "It can sign user information ({algorithms}); whether it does so for this client was not tried."
    " If it does, the signature is checked.",
    "unsigned": "It does not sign user information.",
    "not_accepted": "It can sign user information with {algorithms} alone, which is not accepted:"
    " if it does so for this client, sign-ins go on without it. Ask there for RS256, PS256, ES256, EdDSA or none.",
}
SSO_NOT_FORESEEN = (
    "What its ID tokens say is seen only at a sign-in: one for several audiences is accepted if azp is {client_id},"
    " and times may have a fraction."
)
PROXY_NOT_USED = "{sentence}. Proxies from the environment ({variable}) are not used"


def refusal(refused: users.Refused | users.UnusablePassword, username: str = "") -> str:
    """Why a user was not added or changed. `username`: the one that was typed, of a user who existed before."""
    match refused:
        case users.UnusablePassword(problem):
            return f"the password cannot be used: {PASSWORD[problem]}"
        case users.Refused(field, problem):
            what = f"the username {username!r}" if username else f"the {field}"
            return f"{what} {FIELD[problem]}"


def how_it_was_read(report: Report) -> Iterator[str]:
    """Which column became which field, and what to look at."""
    if understood := report.understood:
        columns = [
            (f"{heading!r}" if heading else "a column without a name", part) for heading, part in understood.columns
        ]
        taken = ", ".join(f"{heading} as {part}" for heading, part in columns if part)
        passed_over = ", ".join(heading for heading, part in columns if not part)
        separator = SEPARATORS[understood.separator]
        yield f"Read as {understood.encoding}, separated by {separator}: {taken}."
        if passed_over:
            yield f"Passed over: {passed_over}."
    for line, username in report.shortened:
        yield f"Warning: line {line}: the username {username!r} looks like a number that a spreadsheet has shortened"


def bad_row(bad: csv_file.Bad) -> str:
    return IMPORT[bad.problem].format(column=bad.column, value=bad.value)


def mail(problem: smtp.Trouble | smtp.Rejected | mail_check.InvalidAddress, server: MailServer, to: str) -> str:
    match problem:
        case smtp.Trouble(what, _):
            sentence = MAIL[what]
        case smtp.Rejected(True, _):
            sentence = MAIL_REJECTED
        case smtp.Rejected():
            sentence = MAIL_REJECTED_FOR_NOW
        case mail_check.InvalidAddress():
            sentence = MAIL_ADDRESS
        case never:
            assert_never(never)
    facts = {"to": to, "host": server.host, "port": server.port, "sender": server.sender, "said": problem.detail}
    return sentence.format(**facts).removesuffix(" ()")


def sso(trouble: http.ProviderError, issuer: str, proxy_variable: str = "") -> str:
    """`proxy_variable`: the one in the environment that other programs would obey."""
    where = SSO_PLACES.get(trouble.where, trouble.where)
    said = SSO[trouble.what].format(host=urlsplit(issuer).netloc, where=where, said=trouble.said).removesuffix(" ()")
    if proxy_variable and trouble.what in ("name", "refused", "unreachable", "timeout"):
        return PROXY_NOT_USED.format(sentence=said, variable=proxy_variable)
    return said


def user_information(found: check.Usable) -> tuple[str, ...]:
    """What check-sso says of it, in sentences."""
    about = found.user_information
    if about is None:
        return (SSO_NO_USER_INFORMATION,)
    algorithms = ", ".join(found.metadata.signs_user_information or ())
    signing = SSO_SIGNING[about.signing].format(algorithms=one_line(algorithms))
    if about.trouble is None:
        return SSO_USER_INFORMATION.format(seconds=about.seconds), signing
    return SSO_USER_INFORMATION_TROUBLE.format(trouble=str(about.trouble).removeprefix("userinfo: ")), signing
