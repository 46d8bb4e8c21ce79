# Dot-sourced by run.ps1 and test.ps1: makes a Python environment in .venv.
# Every step is skipped when it is already done, so that a second start takes no time.

function Find-Python {
    # What a missing version writes to standard error would otherwise end the script (PowerShell 5.1).
    $ErrorActionPreference = 'Continue'
    $candidates = @()
    if ($env:PYTHON) { $candidates += , @($env:PYTHON) }
    foreach ($version in '3.13', '3.12', '3.11') { $candidates += , @('py', "-$version") }
    $candidates += , @('python')
    foreach ($candidate in $candidates) {
        if (-not (Get-Command $candidate[0] -ErrorAction SilentlyContinue)) { continue }
        $rest = @($candidate | Select-Object -Skip 1)
        & $candidate[0] @rest -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>$null
        if ($LASTEXITCODE -eq 0) { return , $candidate }
    }
    throw 'hl7console needs Python 3.11 or newer. Install it from python.org or the Microsoft Store, or set PYTHON to its path.'
}

function Invoke-Checked {
    param([string]$Program, [string[]]$Arguments)
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program ended with code $LASTEXITCODE." }
}

function New-Environment {
    param([string]$Lock, [string]$Stamp)
    $python = Join-Path '.venv' 'Scripts/python.exe'
    $stampPath = Join-Path '.venv' $Stamp
    $want = (Get-FileHash $Lock).Hash + (Get-FileHash 'pyproject.toml').Hash
    if ((Test-Path $python) -and (Test-Path $stampPath) -and ((Get-Content $stampPath -Raw) -eq $want)) { return }
    Write-Host 'Setting up the Python environment in .venv (this happens once).'
    if (-not (Test-Path $python)) {
        $found = Find-Python
        $rest = @($found | Select-Object -Skip 1)
        Invoke-Checked $found[0] ($rest + @('-m', 'venv', '.venv'))
    }
    Invoke-Checked $python @('-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', $Lock)
    Invoke-Checked $python @('-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-build-isolation', '--no-deps', '-e', '.')
    Set-Content -Path $stampPath -Value $want -NoNewline
}
