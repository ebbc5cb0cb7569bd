/**
 * What a shell does to complete a command line of graft: it asks `graft complete -- WORDS…` (words as arguments, so that
 * nothing typed is ever evaluated) and gets a line "VALUE<TAB>DESCRIPTION" for each answer, with the description "path"
 * where file names fit as well. File names are the shell's own: also where there is no answer.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<string, string>> = {
  zsh: `#compdef graft
# graft's completion for zsh. Load it with: eval "$(graft completion zsh)", or as _graft from a folder in fpath
_graft() {
  local line value files=no
  local -a answers
  for line in "\${(@f)$(graft complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    value=\${line%%$'\\t'*}
    if [[ \${line#*$'\\t'} == path ]]; then
      files=yes
    elif [[ $line != :* && -n $value ]]; then
      answers+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done
  [[ \${words[CURRENT]} == -*=* ]] && compset -P '*='
  (( \${#answers} )) && _describe graft answers
  [[ $files == yes ]] || (( ! \${#answers} )) && _files
}
if [[ \${funcstack[1]} == _graft ]]; then
  _graft "$@"
else
  compdef _graft graft
fi
`,
  bash: `# graft's completion for bash. Load it with: eval "$(graft completion bash)"
_graft() {
  local i current line value kind files=no
  local -a words
  words=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    # bash takes --flag=value for three words
    if [[ \${#words[@]} -gt 0 && (\${COMP_WORDS[i]} == '=' || \${COMP_WORDS[i - 1]} == '=') ]]; then
      words[\${#words[@]} - 1]+=\${COMP_WORDS[i]}
    else
      words+=("\${COMP_WORDS[i]}")
    fi
  done
  current=\${COMP_WORDS[COMP_CWORD]}
  [[ $current == '=' ]] && current=
  COMPREPLY=()
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    kind=\${line#*$'\\t'}
    if [[ $kind == path ]]; then
      files=yes
    elif [[ $line != :* && -n $value ]]; then
      COMPREPLY+=("$value")
    fi
  done < <(graft complete -- "\${words[@]}" 2>/dev/null)
  # nothing is completed that the shell would run; before bash 4 (no compopt) its own file names come when there is no answer
  [[ $current == *'$('* || $current == *'\`'* ]] && return
  [[ $files == yes || \${#COMPREPLY[@]} -eq 0 ]] && compopt -o filenames 2>/dev/null || return 0
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(compgen -f -- "$current")
}
complete -o default -F _graft graft
`,
  fish: `# graft's completion for fish. Load it with: graft completion fish | source
function __graft_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l prefix (string match -r -- '^-[^=]*=' "$current")
    set -l files yes
    set -l wanted no
    for line in (graft complete -- $words[2..-1] "$current" 2>/dev/null)
        if string match -q -- ':*' "$line"
            continue
        else if string match -qr -- '\\tpath$' "$line"
            set wanted yes
        else
            set files no
            echo -- "$prefix$line"
        end
    end
    if test $files = yes; or test $wanted = yes
        for path in (__fish_complete_path (string replace -- "$prefix" '' "$current"))
            echo -- "$prefix$path"
        end
    end
end
complete -c graft -e
complete -c graft -f -a '(__graft_complete)'
`,
  powershell: `# graft's completion for PowerShell. Load it with: graft completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName graft -ScriptBlock {
    param($word, $ast, $position)
    $words = @($ast.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.StartOffset -lt $position } | ForEach-Object { $_.Extent.Text })
    $version = $PSVersionTable.PSVersion
    # before 7.3 an empty argument has to be quoted once more
    $empty = if ($version.Major -lt 7 -or ($version.Major -eq 7 -and $version.Minor -lt 3)) { '""' } else { '' }
    if ($word -eq '') { $words += $empty }
    $prefix = if ($word -match '^(-[^=]*=)') { $Matches[1] } else { '' }
    $wanted = $false
    # without any result PowerShell completes file names by itself
    foreach ($line in @(& graft complete '--' @words 2>$null)) {
        $value, $description = "$line" -split "\`t", 2
        if ($description -eq 'path') { $wanted = $true }
        elseif ($value -ne '' -and -not $value.StartsWith(':')) {
            if (-not $description) { $description = $value }
            [System.Management.Automation.CompletionResult]::new("$prefix$value", $value, 'ParameterValue', $description)
        }
    }
    if ($wanted) { [System.Management.Automation.CompletionCompleters]::CompleteFilename($word) }
}
`,
};
