# Sets up everything that hl7console needs and starts the demo:
#   powershell -ExecutionPolicy Bypass -File packaging\run.ps1
# Arguments are passed to hl7console instead of "demo".
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..')
. (Join-Path $PSScriptRoot 'environment.ps1')

New-Environment -Lock 'packaging/requirements.lock' -Stamp 'hl7console-run.stamp'
$arguments = if ($args.Count -gt 0) { $args } else { @('demo') }
& (Join-Path '.venv' 'Scripts/hl7console.exe') @arguments
exit $LASTEXITCODE
