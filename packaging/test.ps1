# Sets up everything and runs all checks off screen:
#   powershell -ExecutionPolicy Bypass -File packaging\test.ps1 [-Full]
param([switch]$Full)
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..')
. (Join-Path $PSScriptRoot 'environment.ps1')

New-Environment -Lock 'packaging/requirements-test.lock' -Stamp 'hl7console-test.stamp'
$env:QT_QPA_PLATFORM = 'offscreen'
$env:PYTHONUTF8 = '1'
$fuzz = @('--seconds', '60', '--seed', '2026')
if ($Full) { $env:HL7CONSOLE_FULL = '1'; $fuzz = @('--seconds', '600') }

$scripts = Join-Path '.venv' 'Scripts'
$python = Join-Path $scripts 'python.exe'
Invoke-Checked (Join-Path $scripts 'ruff.exe') @('check', '.')
Invoke-Checked (Join-Path $scripts 'ruff.exe') @('format', '--check', '.')
Invoke-Checked (Join-Path $scripts 'mypy.exe') @()
Invoke-Checked (Join-Path $scripts 'lint-imports.exe') @()
Invoke-Checked $python (@('tests/benchmarks/fuzz.py') + $fuzz)
if ($Full) { Invoke-Checked $python @('packaging/coverage_per_file.py') }
Invoke-Checked $python @('-m', 'pytest', '-q', '-n', '2', '--dist', 'loadfile')
